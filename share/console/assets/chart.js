// SPDX-License-Identifier: Apache-2.0
// Bars, as SVG. A chart is a picture for the eye; beside each stands a table of its figures.
import { draw, make } from "./dom.js";
import { number } from "./format.js";

const left = 40, bottom = 24, top = 10;

/// 1, 2 or 5 times a power of ten: the step of an axis with about four lines.
function stepFor(most) {
  const raw = Math.max(1, most / 4);
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= raw);
}

/// list: [{ label, parts: [count, …] }]; names: of the parts. Every n-th label is written where
/// there is no room for all.
export function bars({ title, names, list, width, height = 220 }) {
  const totals = list.map((bar) => bar.parts.reduce((a, b) => a + b, 0));
  const step = stepFor(Math.max(...totals, 1));
  const most = Math.ceil(Math.max(...totals, 1) / step) * step;
  const room = height - top - bottom;
  const y = (count) => top + room - (count / most) * room;
  const each = (width - left - 4) / list.length;
  const every = Math.ceil(list.length / Math.max(1, Math.floor((width - left) / 64)));
  const lines = [];
  for (let count = 0; count <= most; count += step)
    lines.push(draw("path", { class: "grid", d: `M${left} ${y(count)}H${width}` }),
      draw("text", { x: left - 6, y: y(count) + 4, "text-anchor": "end" }, number(count)));
  const columns = list.map((bar, i) => {
    let sum = 0;
    const x = left + i * each + Math.min(2, each / 8);
    return bar.parts.map((count, part) => {
      if (count === 0) return null;
      const lower = y(sum);
      sum += count;
      return draw("rect", { x, y: y(sum), width: Math.max(1, each - Math.min(4, each / 4)),
                            height: Math.max(0.5, lower - y(sum)), class: `part part${part}` },
                  draw("title", {}, `${bar.label}: ${names[part]} ${number(count)}`));
    });
  });
  const labels = list.map((bar, i) => (i % every ? null
    : draw("text", { x: left + (i + 0.5) * each, y: height - 6, "text-anchor": "middle" },
           bar.label)));
  return draw("svg", {
    class: "chart", role: "img", width, height, viewBox: `0 0 ${width} ${height}`,
    "aria-label": `${title}; the table below has the figures`,
  }, lines.flat(), columns.flat(), labels);
}

export function legend(names) {
  return make("ul", { class: "legend" }, names.map((name, i) =>
    make("li", {}, draw("svg", { width: 12, height: 12, "aria-hidden": "true" },
      draw("rect", { width: 12, height: 12, rx: 2, class: `part part${i}` })), name)));
}
