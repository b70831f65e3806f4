// SPDX-License-Identifier: Apache-2.0
// What the page knows of the daemon: sessions and lines, kept current by the stream of events.
// Changes are told in batches, so that a thousand calls a second cost as much as one. When the
// stream breaks it is opened again until the daemon answers; from another daemon, or when something
// is missing, all is read again.
import { events, get, Refused } from "./api.js";

const together = 200;        // milliseconds in which changes are collected
const waits = [500, 1000, 2000, 3000, 5000];
const page = 1000;

const words = (party) => (typeof party === "string" ? party : party?.address || party?.name || "");

/// A session as the list shows it, from a record or from an event. The number of a session has 64
/// bits: it is kept as text.
function rowOf(from) {
  const record = from.timeline !== undefined;
  const last = record ? from.timeline[from.timeline.length - 1] : from;
  const over = record ? from.state === "idle" : from.over;
  return {
    id: from.session_id,
    number: from.call_id,
    line: from.line,
    direction: from.direction,
    from: words(from.calling),
    to: words(from.called),
    application: from.application,
    state: from.state,
    at: last?.at ?? 0,
    began: record ? from.timeline[0]?.at ?? 0 : from.began,
    held: record ? from.holders.some((holder) => holder.released === null) : from.held,
    over,
    end: from.end?.text ?? "",
  };
}

export class Service {
  /// told(kinds, ids): what has changed: "sessions", those of these ids; "ends", some of them are
  /// over; "lines"; "connection"; "all", everything was read again.
  constructor(told) {
    this.told = told;
    this.sessions = new Map();  // id → row
    this.lines = new Map();     // name → line
    this.touched = new Set();   // ids of sessions that changed
    this.connection = "connecting";  // "open", "lost", "denied"
    this.since = 0;             // milliseconds: when the connection was lost
    this.refusing = "";
    this.news = "";             // what is to be said of the last reconnection
    this.changed = new Set();
    this.stop = new AbortController();
  }

  start() { this.follow(); }
  close() { this.stop.abort(); }

  tell(kind) {
    this.changed.add(kind);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const { changed, touched } = this;
      this.changed = new Set();
      this.touched = new Set();
      if (!this.stop.signal.aborted) this.told(changed, touched);
    }, together);
  }

  async follow() {
    let after, failures = 0;
    while (!this.stop.signal.aborted) {
      try {
        for await (const event of events(after, this.stop.signal)) {
          if (event.id) after = event.id;
          await this.take(event);
          if (event.name === "open") failures = 0;
        }
        this.lost("");
      } catch (error) {
        if (this.stop.signal.aborted) return;
        if (error instanceof Refused && error.status === 401) {
          this.why = this.connection === "lost"
            ? "The daemon was started again. Log in once more." : "The login has ended.";
          this.connection = "denied";
          this.tell("connection");
          return;
        }
        this.lost(error instanceof Refused ? error.message : "");
      }
      await this.pause(waits[Math.min(failures, waits.length - 1)]);
      failures += 1;
    }
  }

  /// Shorter when the network comes back or the page is looked at again.
  pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  lost(why) {
    if (this.connection !== "lost") this.since = Date.now();
    this.connection = "lost";
    this.why = why;
    this.tell("connection");
  }

  async take({ name, data }) {
    const { fresh } = this;
    this.fresh = false;
    if (name === "open") {
      if (!this.loaded) await this.load("");
      else if ((await get("status", {}, this.stop.signal)).epoch !== this.epoch)
        await this.load("The daemon was started again. Everything was read again.");
      else this.opened("The connection is back. Nothing was missed.");
      this.fresh = true;
    } else if (name === "hello") {
      this.fresh = fresh;
    } else if (name === "reset") {  // what was read since the stream began is new enough
      if (!fresh) await this.load("Some changes were missed. Everything was read again.");
    } else if (name === "bye") {
      this.lost("It was stopped.");
    } else if (name === "session") {
      const row = rowOf(data);
      if (row.over && !row.held) this.sessions.delete(row.id);
      else this.sessions.set(row.id, row);
      this.touched.add(row.id);
      this.tell("sessions");
      if (row.over) this.tell("ends");
    } else if (name === "line") {
      const line = this.lines.get(data.line);
      if (data.change === "removed") this.lines.delete(data.line);
      else if (line) Object.assign(line, { in_service: data.in_service, status: data.status });
      else await this.readLines();
      this.tell("lines");
    } else if (name === "service") {
      this.refusing = data.refusing ?? "";
      this.tell("connection");
    }
  }

  async readLines() {
    const { lines } = await get("lines", {}, this.stop.signal);
    this.lines = new Map(lines.filter((line) => !line.removed).map((line) => [line.name, line]));
  }

  /// Reads everything. What changes meanwhile is in the stream behind it.
  async load(news) {
    this.status = await get("status", {}, this.stop.signal);
    this.refusing = this.status.refusing ?? "";
    this.epoch = this.status.epoch;
    await this.readLines();
    const sessions = new Map();
    for (let after, more = true; more;) {
      const answer = await get("sessions", { after, limit: page }, this.stop.signal);
      for (const record of answer.sessions) sessions.set(record.session_id, rowOf(record));
      after = answer.sessions[answer.sessions.length - 1]?.session_id;
      more = answer.more && after !== undefined;
    }
    this.sessions = sessions;
    this.loaded = true;
    this.tell("all");
    this.opened(news);
  }

  opened(news) {
    if (this.connection === "open" && !news) return;
    this.connection = "open";
    this.news = news;
    this.tell("connection");
  }
}
