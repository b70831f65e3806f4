// SPDX-License-Identifier: Apache-2.0
// Records of ended sessions: search and export.
import { file, get } from "./api.js";
import { field, heading, make, put, save } from "./dom.js";
import { dateTime, party, plural, shown, span } from "./format.js";
import { List } from "./list.js";
import { sessionLink } from "./sessions.js";

const page = 200;
const origins = ["local user", "remote party", "policy", "application lost", "line closed",
                 "provider", "system"];

const local = (seconds) => {
  const at = new Date(Number(seconds) * 1000);
  return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
};

export function recordsView(main, console_, query) {
  const text = (name, label) => [label, make("input", {
    name, maxlength: 256, value: query.get(name) ?? "", autocapitalize: "none" })];
  const time = (name, label) => [label, make("input", {
    name, type: "datetime-local", value: query.get(name) ? local(query.get(name)) : "" })];
  const choice = (name, label, values) => [label, make("select", { name },
    values.map(([value, words]) =>
      make("option", { value, selected: query.get(name) === value }, words)))];
  const fields = [
    text("party", "Number or name"), text("line", "Line"), text("application", "Program"),
    text("provider", "Provider"),
    choice("origin", "Ended by", [["", "any"], ...origins.map((word) => [word, word])]),
    time("since", "Ended since"), time("until", "Ended before"),
    choice("oldest_first", "Order", [["", "newest first"], ["1", "oldest first"]]),
  ];
  const form = make("form", {
    class: "search", role: "search", "aria-label": "Search records",
    onsubmit: (event) => {
      event.preventDefault();
      const wanted = new URLSearchParams(Object.entries(filters()).filter(([, value]) => value));
      history.replaceState(null, "", `#/records?${wanted}`);
      read(false);
    },
  }, fields.map(([label, control]) => field(label, control)),
  make("div", { class: "buttons" }, make("button", { class: "main" }, "Search"),
    make("button", { type: "button", onclick: () => {
      for (const [, control] of fields) control.value = "";
      form.requestSubmit();
    } }, "Clear")));
  function filters() {
    const values = {};
    for (const [, control] of fields)
      values[control.name] = control.type === "datetime-local" && control.value
        ? String(new Date(control.value).getTime() / 1000) : control.value.trim();
    return values;
  }

  const counts = make("p", { class: "counts", role: "status" }, "Reading…");
  const more = make("button", { type: "button", hidden: true, onclick: () => read(true) }, "More");
  const exporting = [["CSV", "csv"], ["JSON", "ndjson"]].map(([word, ending]) =>
    make("button", { type: "button", onclick: () => console_.act("Export", async () =>
      save(`switchhook-records.${ending}`, await file(`records.${ending}`, filters())),
      `The records were saved as switchhook-records.${ending}.`) }, `Export ${word}`));
  const list = new List({
    name: "Records",
    none: "No records.",
    key: (record) => record.session_id,
    columns: [
      { title: "Session", text: (record) => String(record.call_id), order: (record) => record.place,
        href: (record) => sessionLink(record.session_id), wide: 0.8 },
      { title: "Began", text: (record) => dateTime(record.timeline[0]?.at),
        order: (record) => record.timeline[0]?.at ?? 0, wide: 1.8 },
      { title: "Line", text: (record) => shown(record.line), wide: 0.8 },
      { title: "From", full: true, text: (record) => shown(party(record.calling)), wide: 1.4 },
      { title: "To", full: true, text: (record) => shown(party(record.called)), wide: 1.4 },
      { title: "Talk", text: (record) => (record.talk_time > 0 ? span(record.talk_time) : ""),
        order: (record) => record.talk_time, number: true, wide: 0.8 },
      { title: "Ended", full: true, text: (record) => shown(record.end?.text), wide: 2.4 },
      { title: "Confirmed", text: (record) => record.end?.confirmation ?? "", wide: 1.1 },
      { title: "Program", text: (record) => shown(record.application), wide: 1.2 },
    ],
  });
  main.append(heading("Records"), form,
    make("div", { class: "bar" }, counts, make("div", { class: "buttons" }, exporting)),
    list.element, more);

  let records = [], stop = new AbortController();
  async function read(further) {
    stop.abort();
    stop = new AbortController();
    more.disabled = true;
    try {
      const after = further ? records[records.length - 1]?.session_id : undefined;
      const answer = await get("records", { ...filters(), after, limit: page }, stop.signal);
      records = (further ? records : []).concat(answer.records);
      records.forEach((record, place) => { record.place = place; });
      list.set(records);
      more.hidden = !answer.more;
      put(counts, plural(records.length, "record") + (answer.more ? ", and there are more" : ""));
    } catch (error) {
      console_.failed("Records", error);
    }
    more.disabled = false;
  }
  return {
    update(kinds) { if (kinds.has("all")) read(false); },
    close() {
      stop.abort();
      list.close();
    },
  };
}
