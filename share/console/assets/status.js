// SPDX-License-Identifier: Apache-2.0
// The service itself: how it is, what its audit finds, which calls it refused; reloading its
// configuration.
import { get, post, Refused } from "./api.js";
import { confirmed, facts, foreign, heading, make, put, table } from "./dom.js";
import { bytes, dateTime, number, plural, shown, span } from "./format.js";
import { later } from "./later.js";

export function serviceView(main, console_) {
  const state = make("div", {});
  const told = make("div", { class: "told", role: "status" });
  const audit = make("div", { role: "status" });
  const auditing = make("button", { type: "button", onclick: runAudit }, "Run an audit");
  main.append(heading("Service"), state,
    ...(console_.acts ? [make("h2", {}, "Configuration"), make("div", { class: "buttons" },
      make("button", { type: "button", onclick: reload }, "Reload")), told] : []),
    make("h2", {}, "Audit"), make("div", { class: "buttons" }, auditing), audit);

  const read = later(1000, async (signal) => {
    const status = await get("status", {}, signal);
    state.replaceChildren(facts([
      ["Version", foreign(status.version)],
      ["Process", String(status.process)],
      ["Up", span(status.up_seconds)],
      ["New calls", status.refusing ? foreign(status.refusing) : "taken"],
      ["Programs", number(status.applications)],
      ["Lines", number(status.lines)],
      ["Sessions", `${number(status.sessions_live)} live, ${number(status.sessions_held)} ended ` +
                   `and held, ${number(status.sessions_total)} in all`],
      ["Records kept in", status.store ? foreign(status.store) : "memory"],
      ["Records written", number(status.records_written)],
      ["Memory in use", bytes(status.heap_bytes)],
      ["Events", `${number(status.events_dropped)} dropped, ${number(status.late_events)} late`],
      ["Socket", foreign(status.socket)],
    ]));
  }, (error) => console_.failed("Service", error));

  const list = (title, texts) => (texts.length === 0 ? null
    : [make("h3", {}, title), make("ul", {}, texts.map((text) => make("li", {}, foreign(text))))]);

  async function reload() {
    if (!await confirmed("Reload?", "Reload",
          "The daemon takes its configuration file as it is now: all of it, or nothing.")) return;
    try {
      const report = await post("reload");
      const { changes, needs_restart: restart, warnings } = report;
      told.replaceChildren(...[
        list("In force now", changes), list("Not in force before a restart", restart),
        list("Warnings", warnings),
        changes.length + restart.length === 0 ? make("p", {}, "Nothing has changed.") : null,
      ].flat().filter(Boolean));
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 400)
        return console_.failed("Reload", error);
      told.replaceChildren(...list("The configuration stays as it was", error.message.split("\n")
        .filter((line) => line.trim() !== "")));
    }
  }

  async function runAudit() {
    auditing.disabled = true;
    put(audit, "The audit runs…");
    try {
      const report = await get("audit");
      const refused = report.refusals;
      audit.replaceChildren(...[
        make("p", {}, !report.clean ? "The ledgers and reality differ."
          : report.all_zero ? "Clean: all ledgers are zero."
            : "Clean: the ledgers agree with reality."),
        list("Findings", report.findings),
        table("Ledgers", ["Ledger", "Of", "Booked", "Found"], report.ledgers.map((line) =>
          [line.resource, foreign(line.holder), number(line.booked), number(line.found)])),
        refused?.total ? [
          make("h3", {},
            `${plural(refused.total, "call was", "calls were")} refused without a session`),
          table("Refused calls", ["Time", "Reason", "SIP status", "Source", "Calling", "Called"],
            refused.last.map((each) => [dateTime(each.at), each.reason, String(each.sip_status),
              foreign(each.source), foreign(each.calling), foreign(each.called)])),
        ] : null,
      ].flat().filter(Boolean));
    } catch (error) {
      put(audit, "");
      console_.failed("Audit", error);
    }
    auditing.disabled = false;
  }
  const tick = setInterval(() => read.soon(), 5000);
  return {
    update(kinds) { if (kinds.has("all") || kinds.has("connection")) read.soon(); },
    close() {
      clearInterval(tick);
      read.stop();
    },
  };
}
