// SPDX-License-Identifier: Apache-2.0
// All sessions that exist: live, or ended and still held.
import { post } from "./api.js";
import { confirmed, field, heading, make, put } from "./dom.js";
import { age, clock, plural, shown } from "./format.js";
import { List } from "./list.js";

export const sessionLink = (id) => `#/session/${encodeURIComponent(id)}`;

/// For the colour of a state; the word stands beside it.
export function kindOf(state) {
  if (state === "connected" || state === "conferenced") return "good";
  if (state === "disconnected" || state === "idle") return "over";
  return "waiting";
}

export const nameOf = (row) =>
  `session ${row.number}, ${shown(row.from) || "unknown"} to ${shown(row.to) || "unknown"}`;

export async function hangUp(console_, row) {
  if (!await confirmed("Hang up?", "Hang up", `This ends ${nameOf(row)} for all parties.`)) return;
  await console_.act("Hang up", () => post(`sessions/${row.id}/hangup`),
                     `Session ${row.number} is being ended.`);
}

export function sessionsView(main, console_, query) {
  const { service } = console_;
  const find = make("input", { type: "search", value: query.get("find") ?? "", oninput: filter,
                               placeholder: "line, number, program", maxlength: 256 });
  const which = make("select", { onchange: filter },
    [["", "all"], ["live", "live"], ["held", "ended and held"]].map(([value, words]) =>
      make("option", { value, selected: query.get("which") === value }, words)));
  const counts = make("p", { class: "counts" });
  const list = new List({
    name: "Sessions",
    none: "No sessions.",
    key: (row) => row.id,
    down: true,
    columns: [
      { title: "Session", text: (row) => String(row.number), order: (row) => row.began,
        href: (row) => sessionLink(row.id), wide: 0.8 },
      { title: "Line", text: (row) => shown(row.line) },
      { title: "From", full: true, text: (row) => shown(row.from), wide: 2 },
      { title: "To", full: true, text: (row) => shown(row.to), wide: 2 },
      { title: "State", text: (row) => row.state, state: (row) => kindOf(row.state), wide: 1.2 },
      { title: "Began", text: (row) => clock(row.began), order: (row) => row.began, wide: 0.9 },
      { title: "In state", text: (row) => age(row.at), order: (row) => -row.at },
      { title: "Program", text: (row) => shown(row.application), wide: 1.2 },
    ],
    action: console_.acts ? {
      title: "Action", label: () => "Hang up", name: (row) => `Hang up ${nameOf(row)}`,
      allowed: (row) => kindOf(row.state) !== "over", run: (row) => hangUp(console_, row),
    } : undefined,
  });
  main.append(heading("Sessions"),
    make("form", { class: "bar", role: "search", onsubmit: (event) => event.preventDefault() },
      field("Find", find), field("Show", which), counts), list.element);

  let said = "", saidAt = 0;
  function filter() {
    const text = find.value.trim().toLowerCase();
    const all = [...service.sessions.values()];
    const rows = all.filter((row) =>
      (which.value === "" || (which.value === "held") === (kindOf(row.state) === "over")) &&
      (text === "" || [row.number, row.line, row.from, row.to, row.application, row.state]
        .some((part) => String(part).toLowerCase().includes(text))));
    list.set(rows);
    const over = all.filter((row) => kindOf(row.state) === "over").length;
    const words = `${plural(all.length - over, "live session")}, ${over} ended and held` +
                  (rows.length === all.length ? "" : `; ${rows.length} shown`);
    put(counts, words);
    // Not each call of a busy minute: whoever listens hears the present figures now and then.
    if (words !== said && Date.now() - saidAt > 5000) {
      said = words;
      saidAt = Date.now();
      console_.announce(words);
    }
  }
  const tick = setInterval(() => list.render(), 1000);
  return {
    update(kinds) { if (kinds.has("sessions") || kinds.has("all")) filter(); },
    close() {
      clearInterval(tick);
      list.close();
    },
  };
}
