// SPDX-License-Identifier: Apache-2.0
// Reading that follows changes: not more often than each so many milliseconds, one at a time, and
// once more when something changed meanwhile.

export function later(milliseconds, read, failed) {
  const stop = new AbortController();
  let timer, running = false, again = false, last = 0;
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
    } catch (error) {
      if (!stop.signal.aborted && error.name !== "AbortError") failed(error);
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
