// SPDX-License-Identifier: Apache-2.0
// Elements. Text from the daemon comes from the network: it only ever becomes text nodes and plain
// attributes. Nothing in the console parses HTML or sets style attributes; the policy that the
// daemon sends with the page would refuse both.
import { shown } from "./format.js";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((child) => child !== undefined && child !== null &&
                                                       child !== false));
  return element;
}

/// An HTML element. "onclick" and the like are listeners; null and false are left out.
export function make(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/// An SVG element.
export function draw(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/// A text from outside, apart from the direction of the text around it.
export const foreign = (text) => make("bdi", {}, shown(text));

/// Sets text only where it differs: a screen reader and the browser's layout see no change then.
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/// A heading that takes the focus when its view opens.
export const heading = (...text) => make("h1", { tabindex: -1 }, ...text);

/// A definition list of [name, value] pairs.
export function facts(pairs, attributes) {
  return make("dl", { class: "facts", ...attributes }, pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

/// A plain table: head is a list of words, rows a list of lists.
export function table(caption, head, rows, attributes) {
  return make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    make("table", { class: "plain", ...attributes },
      make("caption", { class: "unseen" }, caption),
      make("thead", {}, make("tr", {}, head.map((word) => make("th", { scope: "col" }, word)))),
      make("tbody", {}, rows.map((row) => make("tr", {}, row.map((cell, i) =>
        i === 0 ? make("th", { scope: "row" }, cell) : make("td", {}, cell)))))));
}

/// A label with its field.
let fields = 0;
export function field(label, control) {
  control.id = `field${fields += 1}`;
  return make("div", { class: "field" }, make("label", { for: control.id }, label), control);
}

/// Asks before something is done. Answers true when it is wanted. Escape is no.
export function confirmed(question, verb, detail) {
  return new Promise((resolve) => {
    const yes = make("button", { class: "danger", value: "yes" }, verb);
    const dialog = make("dialog", { "aria-labelledby": "question" },
      make("form", { method: "dialog" },
        make("h2", { id: "question" }, question),
        detail ? make("p", {}, detail) : null,
        make("div", { class: "buttons" }, yes,
          make("button", { value: "no", autofocus: true }, "Cancel"))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/// Saves text as a file.
export function save(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
