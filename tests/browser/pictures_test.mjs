// SPDX-License-Identifier: Apache-2.0
// The pictures of the documents: the console with calls of all kinds.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Daemon, eventually, openBrowser, openPage, picture, row, rows, rung, view }
  from "./support.mjs";

const configuration = `[exchange]
lines = ["100", "101", "102", "110"]
[[sip.line]]
name = "alice"
display_name = "Alice"
[[sip.line]]
name = "bob"
display_name = "Bob"
`;

describe("Pictures", () => {
  let daemon, browser, address;
  before(async () => {
    daemon = await Daemon.start(configuration);
    browser = await openBrowser();
    address = await daemon.address();
    // What has happened already: ends of all kinds.
    for (const to of ["202", "203", "204", "206", "204"])
      await daemon.cli("call", "100", to).catch(() => {});
    await (await daemon.calls("dialer", "101", "200", 7)).end();
    await daemon.cli("call", "101", "201", "--no-answer", "100ms").catch(() => {});
    daemon.start("src/cli/switchhook", ["answer", "bob"]);
    await eventually("three calls to bob", async () => {
      await daemon.cli("call", "alice", "bob", "--hangup-after", "300ms").catch(() => {});
      return (await daemon.json("records", "--line", "bob")).length > 2;
    });
    // And what there is.
    await daemon.calls("dialer", "101", "200", 3);
    await daemon.calls("dialer", "101", "201", 2);
    await daemon.calls("crm", "102", "200", 2);
    await daemon.calls("callback", "110", "201");
    await daemon.calls("softphone", "alice", "bob");
    const leak = await daemon.calls("ivr", "100", "200", 3);
    await leak.order("drop");
  });
  after(async () => {
    await browser?.close();
    await daemon?.stop();
  });
  const open = (options) => openPage(browser, address, options);

  it("of the sessions", async () => {
    const page = await open();
    await row(page, "alice", "connected").first().waitFor();
    await eventually("all are there", async () => await rows(page).count() === 13);
    await picture(page, "console");
    await page.context().close();
  });
  it("of a ladder", async () => {
    const [record] = await daemon.json("records", "--line", "alice", "--limit", "1");
    assert.equal(record.end.mode, "normal");
    const page = await open({ viewport: { width: 1200, height: 1180 } });
    await row(page, "alice").first().waitFor();
    await page.goto(`${address.replace(/#.*/, "")}#/session/${record.session}`);
    await rung(page, /^200 OK \(BYE\)/);
    await picture(page, "console-session");
    await page.context().close();
  });
  it("of ends", async () => {
    const page = await open({ viewport: { width: 1200, height: 820 } });
    await row(page, "alice").first().waitFor();
    await view(page, "Ends");
    await page.getByRole("img", { name: /Time to confirmation/ }).waitFor();
    await picture(page, "console-ends");
    await page.context().close();
  });
  it("of leaks on a phone, dark", async () => {
    const page = await open({ viewport: { width: 390, height: 780 }, colorScheme: "dark" });
    await row(page, "alice").first().waitFor();
    await view(page, "Leaks");
    await row(page, "ivr").first().waitFor();
    await picture(page, "console-phone");
    await page.context().close();
  });
});
