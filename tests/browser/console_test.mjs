// SPDX-License-Identifier: Apache-2.0
// The console in Chromium: each view, each action, each role; a daemon that dies and comes back;
// phones, keyboards, screen readers, dark screens; and names that would like to be programs.
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import fs from "node:fs";
import { after, afterEach, before, describe, it } from "node:test";
import { answer, Daemon, eventually, hindrances, live, noticed, openBrowser, openPage, row, rows,
         rung, view } from "./support.mjs";

const evil = '<img src=x onerror="globalThis.taken=1">\u202e</td>' +
             "<script>globalThis.taken=1</script>";
const views = ["Sessions", "Leaks", "Lines", "Records", "Ends", "Service"];
const password = "correct horse battery staple";

describe("Console", () => {
  let daemon, browser, page, address;
  before(async () => {
    daemon = await Daemon.start();
    browser = await openBrowser();
    await user("watcher", "observer");
    await user("keeper", "operator");
    address = await daemon.address();
    page = await openPage(browser, address);
    await live(page);
  });
  after(async () => {
    await browser?.close();
    await daemon?.stop();
  });
  afterEach(() => daemon.quiet());

  async function user(name, role) {
    const child = daemon.start("src/cli/switchhook", ["console", "password", name].concat(
      role === "operator" ? ["--operator"] : []));
    child.stdin.end(`${password}\n`);
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
  }
  async function logIn(name, options) {
    const other = await openPage(browser, address.replace(/#.*/, ""), options);
    await other.getByLabel("User", { exact: true }).fill(name);
    await other.getByLabel("Password", { exact: true }).fill(password);
    await other.getByLabel("Password", { exact: true }).press("Enter");
    await live(other);
    return other;
  }
  /// A SIP call from alice to bob that bob's program answers, over and released.
  async function sipCall() {
    const answering = daemon.start("src/cli/switchhook", ["answer", "bob", "--once"]);
    await eventually("a call is answered", async () => {
      await daemon.cli("call", "alice", "bob", "--hangup-after", "50ms", "--no-answer", "2s")
        .catch(() => {});
      return answering.exitCode !== null || (await daemon.json("records")).some((record) =>
        record.line === "bob" && record.timeline.some((step) => step.state === "connected"));
    });
    const records = await daemon.json("records");
    return records.find((record) => record.line === "alice");
  }

  describe("login", () => {
    it("refuses a wrong password, and says so", async () => {
      const other = await openPage(browser, address.replace(/#.*/, ""));
      await other.getByLabel("User", { exact: true }).fill("keeper");
      await other.getByLabel("Password", { exact: true }).fill("wrong");
      await other.getByRole("button", { name: "Log in" }).first().click();
      await other.getByRole("alert").getByText("That is not right.").waitFor();
      assert.equal(await other.getByRole("navigation").count(), 0);
      await other.context().close();
    });
    it("takes a token typed in, and ends at the logout", async () => {
      const other = await openPage(browser, address.replace(/#.*/, ""));
      await other.getByLabel("Token", { exact: true }).fill(/token=(.*)/.exec(address)[1]);
      await other.getByLabel("Token", { exact: true }).press("Enter");
      await live(other);
      await other.reload();  // the login outlives the page
      await live(other);
      await other.getByRole("button", { name: "Log out" }).click();
      await other.getByText("You are logged out.").waitFor();
      await other.reload();
      await other.getByLabel("Password", { exact: true }).waitFor();
      await other.context().close();
    });
    it("says that a token is old", async () => {
      const other = await openPage(browser, address.replace(/token=.*/, "token=0123456789abcdef"));
      await other.getByText("This token is not valid.").waitFor();
      await other.context().close();
    });
    it("ends when the password is set again", async () => {
      await user("passing", "operator");
      const other = await logIn("passing");
      await user("passing", "observer");
      await view(other, "Leaks");
      await other.getByRole("alert").getByText("The login has ended.").waitFor();
      await other.context().close();
    });
    it("returns to the view that was asked for", async () => {
      const other = await openPage(browser, address.replace(/#.*/, "#/lines"));
      await other.getByLabel("User", { exact: true }).fill("keeper");
      await other.getByLabel("Password", { exact: true }).fill(password);
      await other.getByRole("button", { name: "Log in" }).first().click();
      await other.getByRole("heading", { name: "Lines" }).waitFor();
      await other.context().close();
    });
  });

  describe("sessions", () => {
    it("come, change and go without a reload", async () => {
      await view(page, "Sessions");
      const program = await daemon.calls("ringer", "100", "201");
      await row(page, "ringback", "201", "ringer").waitFor();
      const second = await daemon.calls("talker", "101", "200");
      await row(page, "connected", "200", "talker").waitFor();
      await page.getByText("2 live sessions, 0 ended and held").waitFor();
      await second.order("drop");
      await row(page, "idle", "talker").waitFor();
      await page.getByText("1 live session, 1 ended and held").waitFor();
      await Promise.all([program.end(), second.end()]);
      await page.getByText("No sessions.").waitFor();
    });
    it("are found, filtered and sorted", async () => {
      const programs = await Promise.all([daemon.calls("first", "100", "201"),
                                          daemon.calls("second", "101", "200", 2)]);
      await eventually("three rows", async () => await rows(page).count() === 3);
      await page.getByLabel("Find").fill("SECOND");
      await eventually("two rows", async () => await rows(page).count() === 2);
      await page.getByLabel("Find").fill("");
      await page.getByLabel("Show").selectOption({ label: "ended and held" });
      await page.getByText("No sessions.").waitFor();
      await page.getByLabel("Show").selectOption({ label: "all" });
      await page.getByRole("button", { name: "Line", exact: true }).click();
      assert.match(await rows(page).first().textContent(), /100/);
      await page.getByRole("button", { name: "Line", exact: true }).click();
      assert.match(await rows(page).first().textContent(), /101/);
      const head = page.getByRole("columnheader", { name: "Line" });
      assert.equal(await head.getAttribute("aria-sort"), "descending");
      await page.getByRole("button", { name: "Session", exact: true }).click();
      await page.getByRole("button", { name: "Session", exact: true }).click();
      await Promise.all(programs.map((program) => program.end()));
    });
    it("are hung up, for all", async () => {
      const program = await daemon.calls("talker", "100", "200");
      await row(page, "talker").getByRole("button", { name: /^Hang up session \d+/ }).click();
      await answer(page, "Cancel");
      assert.equal((await daemon.json("sessions"))[0].state, "connected");
      await row(page, "talker").getByRole("button").click();
      await answer(page, "Hang up");
      await row(page, "talker", "idle").waitFor();
      await noticed(page, "is being ended");
      const [record] = await eventually("a record", () =>
        daemon.json("records", "--application", "talker"));
      assert.match(record.end.words, /operator/);
      await program.end();
    });
    it("say why an action was refused", async () => {
      const program = await daemon.calls("talker", "100", "200");
      await row(page, "talker").getByRole("button").click();
      await program.order("drop");  // it has ended by the time that the question is answered
      await answer(page, "Hang up");
      await page.getByRole("alert").getByText(/^Hang up: /).waitFor();
      await page.getByRole("button", { name: "Dismiss" }).last().click();
      await program.end();
    });
  });

  describe("a ladder", () => {
    it("has messages, states and programs from both ends of a session's life", async () => {
      const record = await sipCall();
      await page.goto(`${address.replace(/#.*/, "")}#/session/${record.session}`);
      await page.getByRole("heading", { name: /^Session \d+: / }).waitFor();
      await page.getByRole("img", { name: /Ladder of \d+ steps/ }).waitFor();
      for (const words of [/^INVITE /, /^180 Ringing|^200 OK/, /^ACK /, /^BYE /, /^200 OK \(BYE\)/,
                           /^connected$/, /^identifier \(owner\)/, /^released$/,
                           /^end by the local user/])
        await rung(page, words);
      const table = page.getByRole("table", { name: "Steps" });
      const order = await table.locator("tbody td:nth-child(4) :is(span, summary)")
        .allTextContents();
      const places = [/^INVITE/, /^connected/, /^BYE/, /^released/].map((words) =>
        order.findIndex((step) => words.test(step)));
      assert.deepEqual(places, [...places].sort((a, b) => a - b), order.join("\n"));
      await table.getByText(/confirmed by the far end after/).waitFor();
      await table.getByText(/^INVITE /).first().click();
      const text = await table.locator("details[open] pre").first().textContent();
      assert.match(text, /^INVITE sip:/);
      assert.match(text, /Call-ID/i);
      assert.doesNotMatch(text, /^v=0/m);  // bodies are blanked
    });
    it("of a live session grows while it is looked at", async () => {
      const program = await daemon.calls("talker", "100", "200");
      await view(page, "Sessions");
      await row(page, "talker").getByRole("link").click();
      await rung(page, "connected");
      await program.order("drop");
      await rung(page, /^end by the local user/);
      await program.order("release");
      await rung(page, "released");
      await program.end();
    });
    it("says when there is no such session", async () => {
      await page.goto(`${address.replace(/#.*/, "")}#/session/4711`);
      await page.getByRole("heading", { name: "No such session" }).waitFor();
    });
  });

  describe("leaks", () => {
    it("name their holder, and are reclaimed", async () => {
      const program = await daemon.calls("forgetful", "100", "200", 3);
      await program.order("drop");
      await view(page, "Leaks");
      await page.getByText("3 leaks").waitFor();
      const first = row(page, "forgetful", String(program.process)).first();
      await first.waitFor();
      await first.getByRole("button", { name: /^Reclaim session \d+ from forgetful/ }).click();
      await answer(page, "Reclaim");
      await noticed(page, "1 identifier reclaimed.");
      await page.getByText("2 leaks").waitFor();
      assert.equal((await daemon.json("leaks")).length, 2);
      await page.getByRole("button", { name: "Reclaim all" }).click();
      await answer(page, "Reclaim all");
      await noticed(page, "2 identifiers reclaimed.");
      await page.getByText("No leaks: every ended session was released.").waitFor();
      assert.equal((await daemon.json("leaks")).length, 0);
      await program.end();
    });
    it("are reclaimed from the page of their session", async () => {
      const program = await daemon.calls("forgetful", "100", "200");
      await program.order("drop");
      await view(page, "Leaks");
      await row(page, "forgetful").getByRole("link").click();
      await page.getByRole("button", { name: "Reclaim" }).click();
      await answer(page, "Reclaim");
      await noticed(page, "1 identifier reclaimed.");
      await page.getByRole("button", { name: "Reclaim" }).waitFor({ state: "hidden" });
      await program.end();
    });
  });

  describe("lines", () => {
    it("are shown with their calls and how they stand", async () => {
      await view(page, "Lines");
      const told = await daemon.json("lines");
      await eventually("all lines", async () => await rows(page).count() === told.length);
      for (const { name, in_service: inService } of told)
        await row(page, name, inService ? "in service" : "out of service").first().waitFor();
      const program = await daemon.calls("talker", "101", "200", 2);
      await eventually("two calls", async () =>
        /101.*2/.test(await row(page, "101").first().textContent()));
      await program.end();
    });
    it("come, fail and go by a reload of the configuration", async () => {
      const lines = '[[sip.line]]\nname = "alice"\n[[sip.line]]\nname = "bob"\n';
      daemon.configure(`${lines}[[sip.line]]\nname = "trunk"\nmode = "account"\n` +
                       'registrar = "sip:127.0.0.1:9"\n');
      await view(page, "Service");
      await page.getByRole("button", { name: "Reload" }).click();
      await answer(page, "Reload");
      await page.getByRole("status").getByText(/trunk/).first().waitFor();
      await view(page, "Lines");
      await row(page, "trunk", "out of service").waitFor();
      daemon.configure(lines);
      await daemon.cli("reload");
      await row(page, "trunk").waitFor({ state: "detached" });
    });
  });

  describe("service", () => {
    it("explains a configuration that is wrong, and keeps the old one", async () => {
      await view(page, "Service");
      daemon.configure('[limits]\nring_s = "soon"\n[nonsense]\n');
      await page.getByRole("button", { name: "Reload" }).click();
      await answer(page, "Reload");
      await page.getByText("The configuration stays as it was").waitFor();
      await page.getByText(/ring_s/).waitFor();
      await page.getByText(/nonsense/).waitFor();
      daemon.configure("");
      await page.getByRole("button", { name: "Reload" }).click();
      await answer(page, "Reload");
      await page.getByText("Nothing has changed.").waitFor();
    });
    it("runs an audit and says what it found", async () => {
      await page.getByRole("button", { name: "Run an audit" }).click();
      await page.getByText(/^Clean: /).waitFor();
      await page.getByRole("table", { name: "Ledgers" }).getByText("sessions").first().waitFor();
    });
  });

  describe("records", () => {
    it("are searched", async () => {
      await daemon.cli("call", "100", "202").catch(() => {});
      await view(page, "Records");
      const all = (await daemon.json("records", "--all")).length;
      await eventually("all records", async () =>
        await page.locator(`table[aria-label=Records][aria-rowcount="${all + 1}"]`).count() === 1);
      await page.getByLabel("Number or name").fill("202");
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByText(/^1 record$/).waitFor();
      await row(page, "busy").waitFor();
      await page.getByLabel("Ended by").selectOption("application lost");
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByText("No records.").waitFor();
      await page.reload();  // the search is in the address
      await page.getByText("No records.").waitFor();
      assert.equal(await page.getByLabel("Number or name").inputValue(), "202");
      await page.getByRole("button", { name: "Clear" }).click();
      await row(page, "busy").waitFor();
    });
    it("are exported as CSV and JSON, those that the search means", async () => {
      await (await daemon.calls("talker", "100", "200", 3)).end();
      await daemon.quiet();
      await view(page, "Records");
      await page.getByLabel("Program").fill("talker");
      await page.getByRole("button", { name: "Search" }).click();
      for (const [button, ending, words] of [["Export CSV", "csv", ["--csv"]],
                                             ["Export JSON", "ndjson", ["--json"]]]) {
        const [download] = await Promise.all([page.waitForEvent("download"),
                                              page.getByRole("button", { name: button }).click()]);
        assert.equal(download.suggestedFilename(), `switchhook-records.${ending}`);
        const saved = fs.readFileSync(await download.path(), "utf8");
        const told = await daemon.cli("records", "--all", "--application", "talker", ...words);
        assert.equal(saved.trim().split("\n").length, told.trim().split("\n").length);
        assert.ok(saved.includes("talker"));
        if (ending === "csv") assert.equal(saved.split("\r\n")[0], told.split("\r\n")[0]);
        else JSON.parse(saved.split("\n")[0]);
      }
      await page.getByRole("button", { name: "Clear" }).click();
    });
  });

  describe("ends", () => {
    it("are shown by cause over time, and with the time until they were confirmed", async () => {
      await daemon.cli("call", "100", "202").catch(() => {});
      await sipCall();
      await view(page, "Ends");
      await page.getByRole("img", { name: /Ends by cause over time/ }).waitFor();
      await page.getByRole("list").getByText("busy").waitFor();
      const busy = (await daemon.json("records", "--all"))
        .filter((record) => record.end.mode === "busy").length;
      await page.getByText("Figures").first().click();
      const table = page.getByRole("table", { name: "Ends by cause over time" });
      const head = await table.getByRole("columnheader").allTextContents();
      const sum = await table.locator("tbody tr").evaluateAll((all, column) =>
        all.reduce((count, each) => count + Number(each.children[column].textContent), 0),
        head.indexOf("busy"));
      assert.equal(sum, busy);
      await page.getByText(/that far ends confirmed/).waitFor();
      await page.getByRole("img", { name: /Time to confirmation/ }).waitFor();
      await page.getByLabel("By", { exact: true }).selectOption({ label: "who ended it" });
      await page.getByRole("list").getByText("remote party").waitFor();
      await page.getByLabel("Time", { exact: true }).selectOption({ label: "last 24 hours" });
      await page.getByRole("img", { name: /Ends by cause over time/ }).waitFor();
    });
  });

  describe("an observer", () => {
    it("sees everything but the actions and SIP messages", async () => {
      const program = await daemon.calls("talker", "100", "200", 2);
      const leak = await daemon.calls("forgetful", "101", "200");
      await leak.order("drop");
      const other = await logIn("watcher");
      await row(other, "talker").first().waitFor();
      for (const name of views) {
        await view(other, name);
        await other.getByRole("heading", { level: 1, name }).waitFor();
        const actions = other.getByRole("button", { name: /Hang up|Reclaim|Reload/ });
        assert.equal(await actions.count(), 0, name);
      }
      await view(other, "Leaks");
      await row(other, "forgetful").getByRole("link").click();
      await other.getByText("SIP messages are shown to operators only.").waitFor();
      assert.equal(await other.getByRole("button", { name: /Hang up|Reclaim/ }).count(), 0);
      await other.context().close();
      await Promise.all([program.end(), leak.end()]);
    });
    it("is told why, where the page still offers an action", async () => {
      const other = await logIn("keeper");
      await daemon.calls("talker", "100", "200");
      await row(other, "talker").waitFor();
      // Another tab of the same browser logs in as somebody else.
      await other.context().request.post(`${address.replace(/#.*/, "")}api/v1/login`,
        { headers: { "X-Switchhook": "1" }, data: { user: "watcher", password } });
      await row(other, "talker").getByRole("button").click();
      await answer(other, "Hang up");
      await other.getByRole("alert").getByText(/Hang up: refused: .*logged in as operator/)
        .waitFor();
      assert.equal((await daemon.json("sessions")).length, 1);
      await other.context().close();
    });
  });

  describe("names that would like to be programs", () => {
    /// An INVITE of a stranger, acknowledged when it is answered.
    async function stranger(port) {
      const socket = dgram.createSocket("udp4").bind(0, "127.0.0.1");
      await once(socket, "listening");
      const here = `127.0.0.1:${socket.address().port}`;
      const name = evil.replace(/["\\]/g, "\\$&");
      const head = (method, to) => `${method} sip:bob@127.0.0.1:${port} SIP/2.0\r\n` +
        `Via: SIP/2.0/UDP ${here};branch=z9hG4bK${method}\r\nMax-Forwards: 70\r\n` +
        `From: "${name}" <sip:evil@${here}>;tag=1\r\n` +
        `To: ${to}\r\nCall-ID: evil\r\nCSeq: 1 ${method}\r\nContact: <sip:evil@${here}>\r\n`;
      const sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
                  "m=audio 9 RTP/AVP 0\r\n";
      const send = (text) => socket.send(text, port, "127.0.0.1");
      socket.on("message", (bytes) => {
        const text = bytes.toString();
        const to = /^To: (.*)\r$/m.exec(text)?.[1];
        if (text.startsWith("BYE "))
          send(`SIP/2.0 200 OK\r\n${text.split("\r\n").filter((line) =>
            /^(Via|From|To|Call-ID|CSeq):/i.test(line)).join("\r\n")}\r\nContent-Length: 0\r\n\r\n`);
        else if (text.startsWith("SIP/2.0 200") && /CSeq: 1 INVITE/.test(text))
          send(`${head("ACK", to)}Content-Length: 0\r\n\r\n`);
      });
      send(head("INVITE", `<sip:bob@127.0.0.1:${port}>`) +
           `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`);
      return socket;
    }
    it("are shown as text everywhere", async () => {
      const port = Number(/sip=[^ ]*:(\d+)/.exec(daemon.ready)[1]);
      const answering = daemon.start("src/cli/switchhook", ["answer", "bob"]);
      await view(page, "Sessions");
      let socket;
      await eventually("the stranger is answered", async () => {
        socket?.close();
        socket = await stranger(port);
        return (await daemon.json("sessions")).some((each) => each.line === "bob");
      });
      const program = await daemon.calls(evil, "100", "200");
      await row(page, "bob").waitFor();
      await row(page, "<img src=x").waitFor();
      await row(page, "bob").getByRole("link").click();
      await page.getByRole("heading", { name: /<img src=x onerror=/ }).waitFor();
      await page.getByRole("table", { name: "Steps" }).getByText(/^INVITE /).first().click();
      await page.locator("pre").filter({ hasText: "<script>" }).first().waitFor();
      await program.order("drop");
      for (const name of views) {
        await view(page, name);
        await page.getByRole("heading", { level: 1, name }).waitFor();
        if (name === "Leaks") await row(page, "<img src=x").waitFor();
      }
      await program.end();
      await view(page, "Records");
      await row(page, "<img src=x").first().waitFor();
      await row(page, "\\u{202e}").first().waitFor();  // what would turn the text around is seen
      assert.equal(await page.evaluate(() => globalThis.taken), undefined);
      assert.equal(await page.locator("main img:not(svg), main script").count(), 0);
      answering.kill("SIGINT");
      await daemon.quiet();
      socket.close();
    });
  });

  describe("a keyboard alone", () => {
    const focused = (other) => other.evaluate(() => document.activeElement.textContent);
    it("reaches and does everything", async () => {
      const program = await daemon.calls("talker", "100", "200", 30);
      const other = await openPage(browser, address);
      await row(other, "talker").first().waitFor();
      await other.keyboard.press("Tab");
      assert.equal(await focused(other), "Skip to the content");
      for (const name of ["Sessions", "Leaks"]) {
        await other.keyboard.press("Tab");
        assert.equal(await focused(other), name);
      }
      await other.keyboard.press("Enter");
      await other.getByRole("heading", { name: "Leaks" }).waitFor();
      assert.equal(await focused(other), "Leaks");  // the heading of the new view is read
      await other.goBack();
      await row(other, "talker").first().waitFor();
      await other.locator(".list").focus();
      await other.keyboard.press("ArrowDown");
      const numbers = (await daemon.json("sessions")).map((session) => session.call_id)
        .sort((a, b) => b - a);
      assert.equal(await focused(other), String(numbers[0]));
      await other.keyboard.press("ArrowDown");
      assert.equal(await focused(other), String(numbers[1]));
      await other.keyboard.press("End");
      assert.equal(await focused(other), String(numbers[29]));
      await other.keyboard.press("Home");
      assert.equal(await focused(other), String(numbers[0]));
      await other.keyboard.press("Tab");  // its button
      await other.keyboard.press("Enter");
      await other.getByRole("dialog").waitFor();
      assert.equal(await focused(other), "Cancel");
      await other.keyboard.press("Escape");
      await other.getByRole("dialog").waitFor({ state: "detached" });
      assert.equal(await focused(other), "Hang up");
      await other.keyboard.press("Enter");
      await other.keyboard.press("Shift+Tab");
      assert.equal(await focused(other), "Hang up");  // in the dialog
      await other.keyboard.press("Enter");
      await noticed(other, `Session ${numbers[0]} is being ended.`);
      await other.locator(".list").focus();
      await other.keyboard.press("ArrowDown");
      const number = await focused(other);
      await other.keyboard.press("Enter");
      await other.getByRole("heading", { name: new RegExp(`^Session ${number}: `) }).waitFor();
      await other.context().close();
      await program.end();
    });
    it("stays on its row when others come", async () => {
      const program = await daemon.calls("talker", "100", "200", 3);
      await view(page, "Sessions");
      await eventually("three rows", async () => await rows(page).count() === 3);
      await page.locator(".list").focus();
      await page.keyboard.press("ArrowDown");
      const before = await focused(page);
      const more = await daemon.calls("others", "101", "200", 5);
      await eventually("eight rows", async () => await rows(page).count() === 8);
      assert.equal(await focused(page), before);
      await page.keyboard.press("ArrowDown");
      assert.equal(await focused(page), String(before - 1));
      await Promise.all([program.end(), more.end()]);
    });
  });

  describe("people of all kinds", () => {
    const widths = { desk: { width: 1200, height: 760 }, phone: { width: 360, height: 740 } };
    for (const [device, viewport] of Object.entries(widths))
      for (const colorScheme of ["light", "dark"])
        it(`can use every view: ${device}, ${colorScheme}`, async () => {
          const dark = colorScheme === "dark";
          await daemon.calls("dialer", "100", "200", 6);
          const leak = await daemon.calls("crm", "101", "200", 2);
          await leak.order("drop");
          const other = await openPage(browser, address,
            { viewport, colorScheme, hasTouch: device === "phone" });
          await row(other, "dialer").first().waitFor();
          for (const name of views) {
            await view(other, name);
            await other.getByRole("heading", { level: 1, name }).waitFor();
            if (name === "Records") await rows(other).first().waitFor();
            if (name === "Ends") await other.getByRole("img").first().waitFor();
            if (name === "Service") await other.getByText("Version").waitFor();
            assert.deepEqual(await hindrances(other, dark), [], name);
            const wider = await other.evaluate(() =>
              document.documentElement.scrollWidth - innerWidth);
            assert.ok(wider <= 0, `${name} is wider than the screen by ${wider}`);
          }
          await view(other, "Sessions");
          await row(other, "dialer").first().waitFor();
          await row(other, "dialer").first().getByRole("link").click();
          await other.locator(".ladder").waitFor();
          assert.deepEqual(await hindrances(other, dark), [], "session");
          await other.getByRole("button", { name: "Hang up" }).click();
          await other.getByRole("dialog").waitFor();
          assert.deepEqual(await hindrances(other, dark), [], "dialog");
          await answer(other, "Cancel");
          await other.getByRole("button", { name: "Log out" }).click();
          await other.getByLabel("Password", { exact: true }).waitFor();
          assert.deepEqual(await hindrances(other, dark), [], "login");
          const ground = await other.evaluate(() =>
            getComputedStyle(document.body).backgroundColor);
          const [red] = /\d+/.exec(ground);
          assert.equal(Number(red) < 128, dark, ground);
          assert.deepEqual(other.complaints, []);
          await other.context().close();
        });
    it("hear of changes politely, and of troubles at once", async () => {
      await view(page, "Sessions");
      await eventually("the figures are said", async () =>
        /live session/.test(await page.locator("#announcer").textContent()));
      assert.equal(await page.locator("#announcer").getAttribute("aria-live"), "polite");
      assert.equal(await page.locator("#banner").getAttribute("role"), "alert");
    });
  });

  describe("a daemon that dies and comes back while the page is open", () => {
    for (const signal of ["SIGKILL", "SIGTERM"])
      it(`is told of, found again and read again: ${signal}`, async () => {
        const program = await daemon.calls("survivor", "100", "200");
        const other = await logIn("keeper");
        await row(other, "connected", "survivor").waitFor();
        await daemon.kill(signal);
        await other.getByRole("alert").getByText(/The daemon has not answered since/).waitFor();
        await other.getByText("no connection").waitFor();
        if (signal === "SIGKILL") {  // it could not say that the call is over
          await row(other, "survivor").getByRole("button").click();
          await answer(other, "Hang up");
          await other.getByText("Hang up: The daemon does not answer.").waitFor();
        }
        await daemon.run();
        address = await daemon.address();
        await other.getByText("The daemon was started again. Everything was read again.").waitFor();
        await live(other);
        assert.equal(await other.getByText(/The daemon has not answered/).count(), 0);
        await row(other, "idle", "survivor").waitFor();  // ended with the daemon, and still held
        const fresh = await daemon.calls("newcomer", "101", "200");
        await row(other, "connected", "newcomer").waitFor();
        await other.context().close();
        await Promise.all([program.end(), fresh.end()]);
      });
  });

  it("breaks no rule of the policy that is sent with it", () => {
    assert.deepEqual(page.complaints, []);
  });
});
