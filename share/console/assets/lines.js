// SPDX-License-Identifier: Apache-2.0
// The lines, and how their registrations stand.
import { heading, make, put } from "./dom.js";
import { plural, shown } from "./format.js";
import { List } from "./list.js";
import { kindOf } from "./sessions.js";

export function linesView(main, console_) {
  const { service } = console_;
  const counts = make("p", { class: "counts", role: "status" });
  let calls = new Map();
  const list = new List({
    name: "Lines",
    none: "No lines.",
    key: (line) => line.name,
    columns: [
      { title: "Line", text: (line) => shown(line.name),
        href: (line) => `#/sessions?find=${encodeURIComponent(line.name)}` },
      { title: "Address", full: true, text: (line) => shown(line.address), wide: 1.6 },
      { title: "Provider", text: (line) => shown(line.provider), wide: 0.8 },
      { title: "Service", text: (line) => (line.in_service ? "in service" : "out of service"),
        state: (line) => (line.in_service ? "good" : "bad") },
      { title: "Status", full: true, text: (line) => shown(line.status), wide: 2.6 },
      { title: "Live calls", text: (line) => String(calls.get(line.name) ?? 0), number: true,
        order: (line) => calls.get(line.name) ?? 0, wide: 0.8 },
      { title: "Calls at most", text: (line) => String(line.calls_max || "no limit"),
        order: (line) => line.calls_max || Infinity, number: true, wide: 0.9 },
    ],
  });
  main.append(heading("Lines"), make("div", { class: "bar" }, counts), list.element);
  return {
    update(kinds) {
      if (!kinds.has("lines") && !kinds.has("sessions") && !kinds.has("all")) return;
      calls = new Map();
      for (const row of service.sessions.values())
        if (kindOf(row.state) !== "over") calls.set(row.line, (calls.get(row.line) ?? 0) + 1);
      const lines = [...service.lines.values()];
      list.set(lines);
      const out = lines.filter((line) => !line.in_service).length;
      put(counts, `${plural(lines.length, "line")}, ` +
                  (out === 0 ? "all in service" : `${out} out of service`));
    },
    close() { list.close(); },
  };
}
