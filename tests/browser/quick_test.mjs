// SPDX-License-Identifier: Apache-2.0
// The console in a few seconds: log in, see a call come and go, hang one up, look at its ladder.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { answer, Daemon, eventually, live, noticed, openBrowser, openPage, row, rows, rung }
  from "./support.mjs";

describe("Console, in short", () => {
  let daemon, browser, page;
  before(async () => {
    daemon = await Daemon.start();
    browser = await openBrowser();
    page = await openPage(browser, await daemon.address());
  });
  after(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  it("logs in by the address that the command prints, and removes the token from it", async () => {
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    await live(page);
    assert.ok(!page.url().includes("token"));
    assert.equal(await page.evaluate(() => history.length), 2);
  });

  it("shows a session that begins, its ladder, and its end", async () => {
    const program = await daemon.calls("dialer", "100", "200");
    await row(page, "connected", "200", "dialer").getByRole("link").click();
    await page.getByRole("heading", { name: /Session \d+: 100 to 200/ }).waitFor();
    await page.getByRole("img", { name: /Ladder of \d+ steps/ }).waitFor();
    await rung(page, "connected");
    await page.getByRole("button", { name: "Hang up" }).click();
    await answer(page, "Hang up");
    await noticed(page, "is being ended");
    await rung(page, /^end by the local user/);
    await program.end();
    await page.goBack();
    await eventually("the session is gone", async () => await rows(page).count() === 0);
  });

  it("breaks no rule of the policy that is sent with it", () => {
    assert.deepEqual(page.complaints, []);
  });
});
