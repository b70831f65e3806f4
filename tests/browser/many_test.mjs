// SPDX-License-Identifier: Apache-2.0
// 10,000 sessions: the page shows them, follows them, and never freezes.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Daemon, eventually, limit, openBrowser, openPage, row, rows, view } from "./support.mjs";

const many = 10000;
const freeze = 400;  // milliseconds without a frame, on two cores that also run daemon and browser

describe("Console, 10,000 sessions", () => {
  let daemon, browser, page, program;
  before(async () => {
    daemon = await Daemon.start();
    program = await daemon.calls("campaign", "100", "200", many);
    browser = await openBrowser();
    page = await openPage(browser);
    await page.addInitScript(() => {
      globalThis.longest = 0;
      let last = performance.now();
      const frame = () => {
        const now = performance.now();
        globalThis.longest = Math.max(globalThis.longest, now - last);
        last = now;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    await page.goto(await daemon.address());
    await counted("10,000 live");
  });
  after(async () => {
    await browser?.close();
    await daemon?.stop();
  });
  const counted = (words) =>
    page.locator(".counts", { hasText: words }).waitFor({ timeout: 4 * limit });
  const longest = () => page.evaluate(() => {
    const { longest } = globalThis;
    globalThis.longest = 0;
    return longest;
  });

  it("has all rows counted and few of them made", async () => {
    assert.equal(await page.getByRole("table", { name: "Sessions" }).getAttribute("aria-rowcount"),
                 String(many + 1));
    assert.ok(await rows(page).count() < 60);
    assert.ok(await longest() < 2 * freeze, "while it was read");
  });

  it("does not freeze while it is scrolled from end to end", async () => {
    await page.locator(".list").hover();
    for (let i = 0; i < 40; i += 1) await page.mouse.wheel(0, 11000);
    await eventually("the last row", async () =>
      await page.locator(`.list tr[aria-rowindex="${many + 1}"]`).count() === 1);
    assert.ok(await longest() < freeze);
  });

  it("follows many changes, and does not freeze meanwhile", async () => {
    const others = await daemon.calls("others", "101", "200", 2000);
    await counted("12,000 live");
    await others.order("drop");
    await others.order("release");
    await counted("10,000 live");
    const gap = await longest();
    assert.ok(gap < freeze, `${gap} ms without a frame`);
    await others.end();
  });

  it("finds one among them", async () => {
    const [session] = (await daemon.json("sessions")).filter((each) => each.call_id % 1000 === 77);
    await page.getByLabel("Find").fill(String(session.call_id));
    await row(page, String(session.call_id)).first().waitFor();
    assert.ok(await longest() < freeze);
    await page.getByLabel("Find").fill("");
  });

  it("shows their ends as leaks, all counted", async () => {
    await program.order("drop");
    await view(page, "Leaks");
    await counted("10,000 leaks");
    assert.deepEqual(page.complaints, []);
  });
});
