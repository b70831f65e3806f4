// SPDX-License-Identifier: Apache-2.0
// The daemon's interface over HTTP (docs/rest-api.md): requests, and the stream of events.

const base = new URL("api/v1/", document.baseURI);
const silent = 25000;  // milliseconds without a sign of life, after which a stream is dead

/// The daemon answered, and not with what was asked for.
export class Refused extends Error {
  constructor(status, code, text) {
    super(text);
    Object.assign(this, { status, code });
  }
}

/// The daemon did not answer.
export class Unreachable extends Error {}

export function address(path, query = {}) {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  return url;
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable("The daemon does not answer.");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Refused(response.status, told.error?.code ?? "", told.error?.text ||
                    response.statusText || `HTTP status ${response.status}`);
}

async function json(response) {
  try {
    return await response.json();
  } catch {
    throw new Unreachable("The daemon's answer broke off.");
  }
}

export const get = async (path, query, signal) => json(await ask(address(path, query), { signal }));

export const file = async (path, query) => (await ask(address(path, query))).blob();

/// No form can send this header: what changes something is asked for by this page.
export const post = async (path, body = {}) => json(await ask(address(path), {
  method: "POST",
  headers: { "X-Switchhook": "1", "Content-Type": "application/json" },
  body: JSON.stringify(body),
}));

/// The events behind `after`, as { name, id, data }, until the stream ends. The first is made here:
/// "open", when the daemon has answered.
/// Not an EventSource: that does not tell a daemon that is away from one that refuses.
export async function* events(after, signal) {
  const stop = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), silent);
  };
  signal.addEventListener("abort", () => stop.abort(), { once: true });
  alive();
  try {
    const response = await ask(address("events", { after }), {
      signal: stop.signal, headers: { Accept: "text/event-stream" },
    });
    yield { name: "open" };
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "", event = {};
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const text = line.endsWith("\r") ? line.slice(0, -1) : line;
        const colon = text.indexOf(":");
        const name = colon < 0 ? text : text.slice(0, colon);
        const rest = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
        if (text === "") {
          if (event.data !== undefined)
            yield { name: event.event ?? "message", id: event.id, data: JSON.parse(event.data) };
          event = {};
        } else if (name === "data") {
          event.data = event.data === undefined ? rest : `${event.data}\n${rest}`;
        } else if (name === "event" || name === "id") {
          event[name] = rest;
        }
      }
    }
  } catch (error) {
    if (error instanceof Refused || signal.aborted) throw error;
    throw new Unreachable("The connection to the daemon broke off.");
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}
