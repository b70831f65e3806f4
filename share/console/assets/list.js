// SPDX-License-Identifier: Apache-2.0
// A list of any length, of which only the rows in sight are elements. Columns sort it; Up, Down,
// Page Up, Page Down, Home and End move from row to row; the row that is looked at stays in place
// when others come and go above it. For a screen reader it is a table with all its rows counted.
import { make, put } from "./dom.js";

const beyond = 8;  // rows that are kept ready above and below those in sight

export class List {
  /// columns  [{ title, text(row), href?(row), order?(row), state?(row), number?, wide?, full? }];
  ///          the first has the link of the row, `wide` is a share of the width, `full` is long
  /// action   { title, label(row), name(row), allowed(row), run(row) }, or nothing
  constructor({ name, columns, key, action, none, sort = 0, down = false }) {
    Object.assign(this, { columns, key, action, none, sort, down });
    this.rows = [];
    this.shownRows = new Map();  // key → element
    this.active = 0;
    this.cells = columns.length + (action ? 1 : 0);
    this.body = make("tbody", { role: "rowgroup" });
    this.buttons = columns.map((column, at) => make("button", {
      type: "button", onclick: () => this.order(at, this.sort === at && !this.down),
    }, column.title));
    this.heads = this.buttons.map((button, at) => make("th", {
      role: "columnheader", scope: "col", class: columns[at].number ? "number" : null }, button));
    const head = make("tr", { role: "row", "aria-rowindex": 1 }, this.heads,
      action ? make("th", { role: "columnheader", scope: "col" },
        make("span", { class: "unseen" }, action.title)) : null);
    this.table = make("table", { role: "table", "aria-label": name, "aria-colcount": this.cells },
      make("thead", { role: "rowgroup" }, head), this.body);
    this.empty = make("p", { class: "none", hidden: true }, none);
    this.element = make("div", {
      class: "list", role: "region", "aria-label": `${name}, can be scrolled`, tabindex: 0,
      onscroll: () => this.later(), onkeydown: (event) => this.pressed(event),
    }, this.table, this.empty);
    this.element.style.setProperty("--columns", columns
      .map(({ wide }) => `minmax(0, ${wide ?? 1}fr)`).concat(action ? ["6.5rem"] : []).join(" "));
    // On a phone a row is a card of two columns; a long value takes both.
    const lines = columns.reduce((half, { full }) => (full ? Math.ceil(half) + 1 : half + 0.5), 0);
    this.element.style.setProperty("--lines", String(Math.ceil(lines + (action ? 0.5 : 0))));
    this.resized = new ResizeObserver(() => {
      this.height = 0;
      this.render();
    });
    this.resized.observe(this.element);
    this.sorted();
  }

  /// All rows. They are sorted here; the array stays the caller's.
  set(rows) {
    const anchor = this.element.scrollTop > 0 ? this.rows[this.first()] : undefined;
    const offset = this.element.scrollTop - this.first() * this.rowHeight();
    const active = this.rows[this.active];
    this.rows = rows.slice();
    this.arrange();
    if (active) this.active = Math.max(0, this.where(active, this.active));
    if (anchor) {
      const at = this.where(anchor, -1);
      this.body.style.height = `${this.rows.length * this.rowHeight()}px`;
      if (at >= 0) this.element.scrollTop = at * this.rowHeight() + offset;
    }
    this.render();
  }

  where(row, otherwise) {
    const key = this.key(row);
    const at = this.rows.findIndex((each) => this.key(each) === key);
    return at >= 0 ? at : otherwise;
  }

  order(column, down) {
    this.sort = column;
    this.down = down;
    this.active = 0;
    this.sorted();
    this.arrange();
    this.element.scrollTop = 0;
    this.render();
  }

  sorted() {
    this.heads.forEach((head, at) => head.setAttribute("aria-sort",
      at !== this.sort ? "none" : this.down ? "descending" : "ascending"));
  }

  arrange() {
    const column = this.columns[this.sort];
    const value = column.order ?? column.text;
    const sign = this.down ? -1 : 1;
    const keyed = this.rows.map((row, at) => [value(row), at, row]);
    keyed.sort(([a, i], [b, j]) => (a < b ? -sign : a > b ? sign : i - j));
    this.rows = keyed.map(([, , row]) => row);
  }

  rowHeight() {
    if (!this.height) {
      const row = this.body.firstElementChild;
      this.height = row ? row.getBoundingClientRect().height : 0;
    }
    return this.height || 36;
  }

  first() { return Math.max(0, Math.floor(this.element.scrollTop / this.rowHeight())); }

  later() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.render();
    });
  }

  render() {
    const count = this.rows.length;
    this.table.setAttribute("aria-rowcount", count + 1);
    this.table.hidden = count === 0;
    this.empty.hidden = count !== 0;
    this.active = Math.min(this.active, Math.max(0, count - 1));
    const inSight = Math.ceil(this.element.clientHeight / this.rowHeight());
    const from = Math.max(0, Math.min(this.first(), count - inSight) - beyond);
    const to = Math.min(count, from + inSight + 2 * beyond);
    const focused = this.body.contains(document.activeElement) ? document.activeElement : undefined;
    const wanted = new Map();
    for (let at = from; at < to; at += 1) wanted.set(this.key(this.rows[at]), at);
    const spare = [];
    for (const [key, element] of this.shownRows)
      if (!wanted.has(key)) {
        if (element.contains(focused)) element.remove();  // the focus goes to the list itself
        else spare.push(element);
        this.shownRows.delete(key);
      }
    let next = this.body.firstElementChild;
    for (const [key, at] of wanted) {
      const element = this.shownRows.get(key) ?? spare.pop() ?? this.newRow();
      this.shownRows.set(key, element);
      if (element === next) next = next.nextElementSibling;
      else this.body.insertBefore(element, next);
      this.show(element, this.rows[at], at);
    }
    for (const element of spare) element.remove();
    if (!this.height && count) {  // now there is a row to measure
      this.height = 0;
      this.rowHeight();
      for (const [key, element] of this.shownRows) this.place(element, wanted.get(key));
    }
    this.body.style.height = `${count * this.rowHeight()}px`;
    if (focused && document.activeElement !== focused)
      (this.body.contains(focused) ? focused : this.element).focus({ preventScroll: true });
  }

  newRow() {
    const row = make("tr", { role: "row" });
    for (const column of this.columns) {
      const value = make(column.href ? "a" : "bdi", {});
      row.append(make("td", {
        role: "cell", "data-title": column.title,
        class: column.number ? "number" : column.full ? "full" : null,
      }, value));
    }
    if (this.action)
      row.append(make("td", { role: "cell", class: "act" },
        make("button", { type: "button", onclick: () => this.action.run(row.value) })));
    return row;
  }

  place(element, at) { element.style.transform = `translateY(${at * this.rowHeight()}px)`; }

  show(element, row, at) {
    element.value = row;
    this.place(element, at);
    element.setAttribute("aria-rowindex", at + 2);
    element.classList.toggle("odd", at % 2 === 1);
    this.columns.forEach((column, i) => {
      const value = element.children[i].firstElementChild;
      put(value, column.text(row) || "–");
      if (column.href) {
        value.setAttribute("href", column.href(row));
        value.tabIndex = at === this.active && i === 0 ? 0 : -1;
      }
      if (column.state) value.className = `state ${column.state(row)}`;
    });
    if (!this.action) return;
    const button = element.lastElementChild.firstElementChild;
    button.hidden = !this.action.allowed(row);
    put(button, this.action.label(row));
    button.setAttribute("aria-label", this.action.name(row));
  }

  pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("thead")) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight()) - 2);
    const began = this.body.contains(event.target);
    const step = { ArrowDown: began ? 1 : 0, ArrowUp: -1, PageDown: page, PageUp: -page,
                   Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || this.rows.length === 0) return;
    event.preventDefault();
    this.go(Math.min(this.rows.length - 1, Math.max(0, this.active + step)));
  }

  /// Makes a row the one that has the focus, and brings it into sight.
  go(at) {
    this.active = at;
    const height = this.rowHeight();
    const head = this.table.tHead.getBoundingClientRect().height;
    const top = at * height;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    const bottom = top + height + head - this.element.clientHeight;
    if (bottom > this.element.scrollTop) this.element.scrollTop = bottom;
    this.render();
    const element = this.shownRows.get(this.key(this.rows[at]));
    element?.querySelector("a, button")?.focus({ preventScroll: true });
  }

  close() { this.resized.disconnect(); }
}
