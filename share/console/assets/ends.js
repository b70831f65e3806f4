// SPDX-License-Identifier: Apache-2.0
// How sessions end: causes over time, and the time until far ends confirm.
import { get } from "./api.js";
import { bars, legend } from "./chart.js";
import { facts, field, foreign, heading, make, table } from "./dom.js";
import { number, plural, shortTime, shown, span } from "./format.js";
import { later } from "./later.js";

const kinds = 6;  // causes with a colour of their own; the rest is "others"
const ranges = [["1", "last hour", 300], ["6", "last 6 hours", 900], ["24", "last 24 hours", 3600]];

/// The bars of a range: spans of the daemon added up, empty ones included.
export function overTime(spans, hours, width, group, now) {
  const end = Math.ceil(now / width) * width;
  const first = end - hours * 3600;
  const inRange = spans.filter((each) => each.at >= first && each.at < end);
  const totals = new Map();
  for (const { ended } of inRange)
    for (const each of ended) totals.set(each[group], (totals.get(each[group]) ?? 0) + each.count);
  const ranked = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const names = ranked.length > kinds ? [...ranked.slice(0, kinds - 1), "others"] : ranked;
  const list = [];
  for (let at = first; at < end; at += width) {
    const parts = names.map(() => 0);
    for (const each of inRange.filter((span) => span.at >= at && span.at < at + width))
      for (const { [group]: name, count } of each.ended) {
        const index = names.indexOf(name);
        parts[index < 0 ? names.length - 1 : index] += count;
      }
    list.push({ at, label: shortTime(at), parts });
  }
  return { names, list, inRange, totals: ranked.map((name) => [name, totals.get(name)]) };
}

/// Counts by limit, added up over spans; the one without a limit last.
export function added(spans) {
  const sums = new Map();
  for (const { acknowledged } of spans)
    for (const { within, count } of acknowledged)
      sums.set(within ?? Infinity, (sums.get(within ?? Infinity) ?? 0) + count);
  return [...sums].sort((a, b) => a[0] - b[0]);
}

/// The limit within which this share lies.
export function within(sums, share) {
  const all = sums.reduce((sum, [, count]) => sum + count, 0);
  let sum = 0;
  for (const [limit, count] of sums) {
    sum += count;
    if (sum >= all * share) return limit;
  }
  return undefined;
}

const limitWords = (limit) => (limit === Infinity ? "longer" : `≤ ${span(limit)}`);
const withinWords = (limit) => (limit === Infinity ? "more than two minutes" : span(limit));

export function endsView(main, console_, query) {
  const range = make("select", { onchange: choose }, ranges.map(([value, words]) =>
    make("option", { value, selected: value === (query.get("range") ?? "1") }, words)));
  const group = make("select", { onchange: choose },
    [["mode", "cause"], ["origin", "who ended it"]].map(([value, words]) =>
      make("option", { value, selected: value === query.get("by") }, words)));
  const now = make("div", { class: "now" });
  const causes = make("section", { "aria-labelledby": "causes" });
  const times = make("section", { "aria-labelledby": "times" });
  main.append(heading("Ends"), now,
    make("form", { class: "bar", onsubmit: (event) => event.preventDefault() },
      field("Time", range), field("By", group)), causes, times);
  let summary;
  const opened = new Set();  // tables that are shown

  function figures(name, content) {
    return make("details", { open: opened.has(name), ontoggle: (event) => {
      if (event.target.open) opened.add(name);
      else opened.delete(name);
    } }, make("summary", {}, "Figures"), content);
  }
  function choose() {
    history.replaceState(null, "", `#/ends?range=${range.value}&by=${group.value}`);
    show(true);
  }
  function show(wanted) {
    if (!summary || main.clientWidth === 0) return;
    // Figures that somebody reads do not go away under the cursor.
    if (!wanted && document.activeElement.closest("main details")) return;
    const [, words, width] = ranges.find(([value]) => value === range.value);
    const live = Object.entries(summary.sessions).filter(([, count]) => count > 0);
    const held = Object.entries(summary.unreleased);
    now.replaceChildren(facts([
      ["Sessions now",
        live.map(([state, count]) => `${number(count)} ${shown(state)}`).join(", ") || "none"],
      ["Sessions in all", number(summary.sessions_total)],
      ["Not released", held.length === 0 ? "none"
        : held.map(([name, count]) => [foreign(name), ` ${number(count)} `])],
    ]));
    const { names, list, inRange, totals } =
      overTime(summary.spans, Number(range.value), width, group.value, Date.now() / 1000);
    const size = Math.max(280, causes.clientWidth - 34);
    const sum = totals.reduce((all, [, count]) => all + count, 0);
    causes.replaceChildren(make("h2", { id: "causes" }, "Ends by cause over time"),
      make("p", {}, sum === 0 ? `No session ended in the ${words}.`
                              : `${plural(sum, "session")} ended in the ${words}.`),
      ...(sum === 0 ? [] : [
        bars({ title: "Ends by cause over time", names, list, width: size }), legend(names),
        figures("causes", table("Ends by cause over time", ["From", ...names], list
          .filter((bar) => bar.parts.some((count) => count > 0))
          .map((bar) => [bar.label, ...bar.parts.map(number)]))),
      ]));
    const sums = added(inRange);
    const confirmedEnds = sums.reduce((all, [, count]) => all + count, 0);
    const never = inRange.reduce((all, each) => all + each.unacknowledged, 0);
    times.replaceChildren(make("h2", { id: "times" }, "Time to confirmation"),
      make("p", {}, confirmedEnds === 0 ? `No end was confirmed by a far end in the ${words}.`
        : `Of ${plural(confirmedEnds, "end")} that far ends confirmed, half were within ` +
          `${withinWords(within(sums, 0.5))}, 99 of 100 within ${withinWords(within(sums, 0.99))}.`,
      never === 0 ? "" : ` ${plural(never, "end")} not confirmed.`),
      ...(confirmedEnds === 0 ? [] : [
        bars({
          title: "Time to confirmation", names: ["ends"], width: size, height: 180,
          list: sums.map(([limit, count]) => ({ label: limitWords(limit), parts: [count] })),
        }),
        figures("times", table("Time to confirmation", ["Time", "Ends"],
          sums.map(([limit, count]) => [limitWords(limit), number(count)]))),
      ]));
  }
  const resized = new ResizeObserver(() => show());
  resized.observe(main);
  const read = later(1000, async (signal) => {
    summary = await get("summary", {}, signal);
    show();
  }, (error) => console_.failed("Ends", error));
  const tick = setInterval(() => read.soon(), 15000);
  return {
    update(changed) { if (changed.has("ends") || changed.has("all")) read.soon(); },
    close() {
      clearInterval(tick);
      read.stop();
      resized.disconnect();
    },
  };
}
