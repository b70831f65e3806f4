// SPDX-License-Identifier: Apache-2.0
// Sessions that ended and are still held: by whom, since when, at what cost. Reclaiming takes the
// identifier away from its holder.
import { get, post } from "./api.js";
import { confirmed, heading, make, put } from "./dom.js";
import { age, bytes, dateTime, plural, shown } from "./format.js";
import { List } from "./list.js";
import { later } from "./later.js";
import { sessionLink } from "./sessions.js";

const most = 1000;

export function leaksView(main, console_) {
  const { service } = console_;
  const counts = make("p", { class: "counts", role: "status" }, "Reading…");
  const all = make("button", { type: "button", class: "danger", hidden: true, onclick: reclaimAll },
                   "Reclaim all");
  const number = (leak) => String(service.sessions.get(leak.session_id)?.number ?? leak.session_id);
  const list = new List({
    name: "Leaks",
    none: "No leaks: every ended session was released.",
    key: (leak) => leak.identifier_id,
    columns: [
      { title: "Session", text: number, href: (leak) => sessionLink(leak.session_id),
        order: (leak) => leak.ended, wide: 0.8 },
      { title: "Held by", text: (leak) => shown(leak.application), wide: 1.4 },
      { title: "Process", text: (leak) => String(leak.process || ""), order: (leak) => leak.process,
        number: true, wide: 0.8 },
      { title: "User", text: (leak) => shown(leak.user), wide: 0.8 },
      { title: "Line", text: (leak) => shown(leak.line), wide: 0.8 },
      { title: "State", text: (leak) => leak.state, wide: 1.1 },
      { title: "Ended", full: true, text: (leak) => dateTime(leak.ended),
        order: (leak) => leak.ended, wide: 1.9 },
      { title: "Held for", text: (leak) => age(leak.ended), order: (leak) => -leak.ended },
      { title: "Memory", text: (leak) => bytes(memory(leak)), order: memory, number: true,
        wide: 0.9 },
      { title: "Acquired at", full: true, text: (leak) => shown(leak.site), wide: 1.8 },
    ],
    action: console_.acts ? {
      title: "Action", label: () => "Reclaim", allowed: () => true, run: reclaim,
      name: (leak) => `Reclaim session ${number(leak)} from ${shown(leak.application)}`,
    } : undefined,
  });
  function memory(leak) { return leak.bytes + leak.client_bytes + leak.provider_bytes; }
  main.append(heading("Leaks"), make("p", {},
    "Sessions that ended and were not released: each keeps its record in the daemon, and its " +
    "holder still has an identifier."),
    make("div", { class: "bar" }, counts, all), list.element);

  const read = later(500, async (signal) => {
    const answer = await get("leaks", { limit: most }, signal);
    list.set(answer.leaks);
    put(counts, answer.total === 0 ? "None." : `${plural(answer.total, "leak")}` +
      (answer.total > answer.leaks.length ? `; the ${answer.leaks.length} oldest are shown` : ""));
    all.hidden = !console_.acts || answer.total === 0;
  }, (error) => console_.failed("Leaks", error));

  const words = ({ reclaimed }) => `${plural(reclaimed, "identifier")} reclaimed.`;
  async function reclaim(leak) {
    const who = shown(leak.application) + (leak.process ? ` (process ${leak.process})` : "");
    if (!await confirmed("Reclaim?", "Reclaim",
                         `${who} loses its identifier of session ${number(leak)}, and is told.`))
      return;
    await console_.act("Reclaim", () => post(`leaks/${leak.identifier_id}/reclaim`), words);
    read.now();
  }
  async function reclaimAll() {
    if (!await confirmed("Reclaim all?", "Reclaim all",
          "All programs lose their identifiers of all ended sessions, and are told.")) return;
    await console_.act("Reclaim all", () => post("leaks/reclaim"), words);
    read.now();
  }
  const tick = setInterval(() => list.render(), 1000);
  return {
    update(kinds) { if (kinds.has("ends") || kinds.has("all")) read.soon(); },
    close() {
      clearInterval(tick);
      read.stop();
      list.close();
    },
  };
}
