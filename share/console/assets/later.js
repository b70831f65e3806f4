// SPDX-License-Identifier: Apache-2.0
// Reading that follows changes: not more often than each so many milliseconds, one at a time, and
// once more when something changed meanwhile. What the daemon could not answer is asked again.
import { Refused, Unreachable } from "./api.js";

const pause = 3000;  // milliseconds, when it could not

export function later(milliseconds, read, failed) {
  const stop = new AbortController();
  let timer, running = false, again = false, last = 0, failing = false;
  async function run() {
    timer = undefined;
    if (running) {
      again = true;
      return;
    }
    running = true;
    last = Date.now();
    try {
      await read(stop.signal);
      failing = false;
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!failing && !(error instanceof Unreachable)) failed(error);  // the banner tells of that
      failing = !(error instanceof Refused) || error.status >= 500;
      if (failing) setTimeout(soon, pause);
    }
    running = false;
    if (again) {
      again = false;
      soon();
    }
  }
  function soon(wait = milliseconds) {
    if (stop.signal.aborted || timer !== undefined) return;
    timer = setTimeout(run, Math.max(0, last + wait - Date.now()));
  }
  return {
    soon,
    now() {
      clearTimeout(timer);
      run();
    },
    stop() {
      clearTimeout(timer);
      stop.abort();
    },
  };
}
