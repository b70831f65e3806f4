// SPDX-License-Identifier: Apache-2.0
// Values as people read them. Points in time are seconds since 1970 UTC, durations seconds, as in
// the daemon's JSON.

const misleading = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f" +
  "\\ufeff\\ufff9-\\ufffb]|[\\u{e0000}-\\u{e007f}]", "gu");

/// A text from outside in one line, with what cannot be seen or turns the text around escaped.
export function shown(text) {
  return String(text ?? "").replace(misleading, (character) =>
    ({ "\n": "\\n", "\t": "\\t", "\r": "\\r" })[character] ??
    `\\u{${character.codePointAt(0).toString(16)}}`);
}

/// Several lines: line ends stay.
export const shownLines = (text) => String(text ?? "").split(/\r\n|\n/).map(shown).join("\n");

const two = (number) => String(number).padStart(2, "0");

/// "2026-01-31 12:00:01", local.
export function dateTime(seconds) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clock(seconds)}`;
}

/// "12:00:01", local; with the milliseconds where steps are compared.
export function clock(seconds, milliseconds = false) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return milliseconds ? `${time}.${String(date.getMilliseconds()).padStart(3, "0")}` : time;
}

/// "12:00" today, "01-31 12:00" on other days: for an axis.
export function shortTime(seconds) {
  const date = new Date(seconds * 1000);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return date.toDateString() === new Date().toDateString()
    ? time : `${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/// "250 µs", "1.5 ms", "4.2 s", "3 min 04 s", "2 h 05 min", "3 d 04 h".
export function span(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "";
  const whole = Math.floor(seconds);
  if (seconds === 0) return "0 s";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${Number((seconds * 1e3).toPrecision(3))} ms`;
  if (seconds < 10 && seconds !== whole) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${whole} s`;
  if (seconds < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const hours = Math.floor(whole / 3600);
  if (hours < 24) return `${hours} h ${two(Math.floor(whole / 60) % 60)} min`;
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/// How long ago, in whole seconds. A clock that differs from the daemon's does not go below zero.
export const age = (seconds) => span(Math.max(0, Math.floor(Date.now() / 1000 - seconds)));

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  const units = ["KiB", "MiB", "GiB"];
  let value = count / 1024, unit = 0;
  while (value >= 1024 && unit + 1 < units.length) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export const number = (value) => Number(value).toLocaleString("en");
export const plural = (count, one, many = `${one}s`) =>
  `${number(count)} ${count === 1 ? one : many}`;

/// A party: "bob", "Bob <sip:bob@example.org>".
export function party(value) {
  if (!value) return "";
  const { name, address } = value;
  return name && address ? `${name} <${address}>` : address || name;
}
