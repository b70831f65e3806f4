// SPDX-License-Identifier: Apache-2.0
// The ladder of a session: who said what to whom, from the first message to the last identifier
// that was released. As a drawing for the eye, and as a table of the same steps for everybody.
import { draw, foreign, make } from "./dom.js";
import { clock, shown, shownLines, span } from "./format.js";

const row = 36, gapRow = 22, head = 44, gutter = 64, character = 6.7;
const drawn = 400;  // steps; the table has all

const far = "far end", sip = "SIP", engine = "engine";

/// Steps of the daemon as { at, from, to, words, kind, text }: `from` and `to` are lanes, the same
/// where something happens in one place.
export function stepsOf({ record, steps }) {
  const holders = new Map();  // application and process → lane
  const laneOf = (application, process) => {
    const key = `${application} ${process}`;
    if (!holders.has(key)) holders.set(key, { name: shown(application) || "program", process });
    return holders.get(key);
  };
  const out = [...steps].sort((a, b) => a.at - b.at).map((step) => {
    const { at } = step;
    if (step.kind === "message") {
      const [from, to] = step.sent ? [sip, far] : [far, sip];
      const cut = step.cut ? `\n(${step.cut} bytes more)` : "";
      return { at, from, to, kind: "message", words: shown(step.words), text: step.text + cut,
               note: `${step.local} ${step.sent ? "→" : "←"} ${step.remote}, ${step.transport}` };
    }
    if (step.kind === "program") {
      const lane = laneOf(step.application, step.process);
      const took = step.what === "acquired";
      return { at, from: took ? engine : lane, to: took ? lane : engine, kind: "program",
               words: took ? `identifier (${shown(step.privilege)})` : "released",
               note: `user ${step.user}, process ${step.process}` };
    }
    if (step.kind === "end") {
      const ender = [...holders.values()]
        .find((lane) => lane.name === shown(record.ended_by_application));
      const from = step.origin === "remote party" ? far : ender ?? engine;
      const notes = [step.sip_status ? `SIP ${step.sip_status}` : "",
                     step.q850 ? `Q.850 ${step.q850}` : "", confirmation(step)];
      return { at, from, to: engine, kind: "end", words: `end ${shown(step.text)}`,
               note: notes.filter(Boolean).join(", ") };
    }
    return { at, from: engine, to: engine, kind: "state", words: shown(step.state), note: "" };
  });
  return { steps: out, programs: [...holders.values()] };
}

/// "confirmed by the far end after 12 ms"
export function confirmation(end) {
  switch (end.confirmation) {
    case "confirmed":
      return end.confirmed_after > 0 ? `confirmed by the far end after ${span(end.confirmed_after)}`
                                     : "confirmed";
    case "already gone": return "the far end had no such call any more";
    case "unconfirmed": return "not confirmed by the far end";
    case "pending": return "not confirmed yet";
    default: return "";
  }
}

const nameOf = (lane) => (typeof lane === "string" ? lane : lane.name);

function fitted(text, width) {
  const most = Math.max(3, Math.floor(width / character));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

export function drawLadder({ steps, programs }, width) {
  const narrow = width < 620;
  const kept = narrow ? programs.slice(0, 1) : programs.slice(0, 4);
  const last = kept[kept.length - 1];
  const more = programs.length > kept.length;
  const messages = steps.some((step) => step.kind === "message");
  const lanes = [far, ...(messages ? [sip] : []), engine, ...kept];
  const at = new Map();
  const weights = lanes.map((lane, i) => (i === 0 ? 0 : lane === sip ? 2 : 1.2));
  const sum = weights.reduce((a, b) => a + b, 0);
  const side = narrow ? 36 : 70;
  let weight = 0;
  lanes.forEach((lane, i) => {
    weight += weights[i];
    at.set(lane, gutter + side + (width - gutter - 2 * side) * (weight / sum));
  });
  const x = (lane) => at.get(lane) ?? at.get(last);
  const elements = [];
  let y = head, before;
  const begin = steps[0]?.at ?? 0;
  for (const step of steps.slice(0, drawn)) {
    if (before !== undefined && step.at - before > 1) {
      elements.push(draw("text", { x: 4, y: y + 24, class: "gap" },
                         `… ${span(step.at - before)}`));
      y += gapRow;
    }
    before = step.at;
    y += row;
    elements.push(draw("text", { x: 4, y: y + 4, class: "time" },
                       `+${(step.at - begin).toFixed(3)}`));
    const [a, b] = [x(step.from), x(step.to)];
    if (a === b) {
      const room = Math.min(a - gutter, width - a) * 2 - 12;
      const words = fitted(step.words, room - 18);
      const wide = words.length * character + 20;
      elements.push(draw("g", { class: `step ${step.kind}` },
        draw("title", {}, step.words),
        draw("rect", { x: a - wide / 2, y: y - 12, width: wide, height: 24, rx: 12 }),
        draw("text", { x: a, y: y + 4, "text-anchor": "middle" }, words)));
    } else {
      const to = b > a ? b - 1 : b + 1;
      const tip = b > a ? -7 : 7;
      elements.push(draw("g", { class: `step ${step.kind}` },
        draw("title", {}, step.words),
        draw("text", { x: (a + b) / 2, y: y - 5, "text-anchor": "middle" },
             fitted(step.words, Math.abs(b - a) + (narrow ? 16 : -8))),
        draw("path", { class: "line", d: `M${a} ${y}H${to}` }),
        draw("path", { class: "tip", d: `M${to} ${y}l${tip} -4v8z` })));
    }
  }
  const height = y + row;
  const heads = lanes.map((lane) => {
    const name = nameOf(lane) + (lane === last && more ? ` +${programs.length - kept.length}` : "");
    return [draw("path", { class: "lane", d: `M${x(lane)} ${head}V${height - 8}` }),
            draw("text", { x: x(lane), y: 26, "text-anchor": "middle", class: "head" },
                 fitted(name, (width - gutter) / lanes.length - 6))];
  });
  return draw("svg", {
    class: "ladder", role: "img", width, height, viewBox: `0 0 ${width} ${height}`,
    "aria-label": `Ladder of ${steps.length} steps; the table of steps says the same`,
  }, heads, elements);
}

/// The table of steps. update() keeps what is open and focused.
export class StepTable {
  constructor() {
    this.body = make("tbody", {});
    this.rows = new Map();
    this.element = make("div", {
      class: "wide", tabindex: 0, role: "region", "aria-label": "Steps" },
      make("table", { class: "plain steps" }, make("caption", { class: "unseen" }, "Steps"),
        make("thead", {}, make("tr", {}, ["Time", "From", "To", "What", "More"].map((word) =>
          make("th", { scope: "col" }, word)))), this.body));
  }

  update(steps) {
    const wanted = new Map();
    for (const step of steps) {
      let key = `${step.at} ${step.kind} ${nameOf(step.from)} ${step.words} ${step.note}`;
      while (wanted.has(key)) key += "+";
      wanted.set(key, step);
    }
    for (const [key, element] of this.rows)
      if (!wanted.has(key)) {
        element.remove();
        this.rows.delete(key);
      }
    let next = this.body.firstElementChild;
    for (const [key, step] of wanted) {
      const element = this.rows.get(key) ?? this.row(step, steps[0].at);
      this.rows.set(key, element);
      if (element === next) next = next.nextElementSibling;
      else this.body.insertBefore(element, next);
    }
  }

  row(step, begin) {
    const what = step.text === undefined ? make("span", {}, step.words)
      : make("details", {}, make("summary", {}, step.words),
             make("pre", {}, shownLines(step.text)));
    return make("tr", { class: step.kind },
      make("th", { scope: "row" },
        make("time", { datetime: new Date(step.at * 1000).toISOString() }, clock(step.at, true)),
        ` +${(step.at - begin).toFixed(3)}`),
      make("td", {}, foreign(nameOf(step.from))), make("td", {}, foreign(nameOf(step.to))),
      make("td", {}, what), make("td", {}, foreign(step.note)));
  }
}
