// SPDX-License-Identifier: Apache-2.0
// A daemon of a build tree, programs with calls, and a browser that looks at them.
import assert from "node:assert/strict";
import { spawn, execFile } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const build = path.resolve(process.env.SWITCHHOOK_BUILD);
const modules = path.join(process.env.SWITCHHOOK_MODULES, "node_modules");
const { chromium } = await import(path.join(modules, "playwright-core/index.mjs"));
const axe = fs.readFileSync(path.join(modules, "axe-core/axe.min.js"), "utf8");

export const limit = 15000;  // milliseconds for what happens at once on a machine that is idle

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/// The first line that a program says.
function firstLine(stream, what) {
  return new Promise((resolve, reject) => {
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (part) => {
      text += part;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    stream.on("end", () => reject(new Error(`${what} said nothing`)));
  });
}

export class Daemon {
  static async start(config = "") {
    const daemon = new Daemon();
    daemon.place = fs.mkdtempSync(path.join(os.tmpdir(), "switchhook-browser."));
    daemon.port = await freePort();
    daemon.socket = path.join(daemon.place, "switchhook.sock");
    daemon.config = path.join(daemon.place, "switchhook.toml");
    daemon.programs = new Set();
    daemon.configure(config);
    await daemon.run();
    return daemon;
  }

  /// Writes the configuration; in force after a reload or a restart.
  configure(more) {
    fs.writeFileSync(this.config, `[sip]
port = 0
[console]
listen = "127.0.0.1:${this.port}"
files = "${root}/share/console"
passwords = "${this.place}/passwords"
${more}`, { mode: 0o600 });
  }

  async run() {
    const log = fs.openSync(path.join(this.place, "log"), "a");
    this.process = spawn(path.join(build, "src/daemon/switchhookd"),
      ["--config", this.config, "--socket", this.socket, "--store",
       path.join(this.place, "records.db")], { stdio: ["ignore", "pipe", log] });
    fs.closeSync(log);
    this.ready = await firstLine(this.process.stdout, "switchhookd").catch((error) => {
      throw new Error(`${error.message}\n${fs.readFileSync(path.join(this.place, "log"), "utf8")}`);
    });
  }

  async kill(signal) {
    const { process: dying } = this;
    if (dying.exitCode === null && dying.signalCode === null) {
      dying.kill(signal);
      await once(dying, "exit");
    }
  }

  get environment() { return { ...process.env, SWITCHHOOK_SOCKET: this.socket }; }

  /// What the command line says.
  async cli(...words) {
    const { stdout } = await promisify(execFile)(path.join(build, "src/cli/switchhook"), words,
      { env: this.environment, maxBuffer: 1 << 28 });
    return stdout;
  }

  async json(...words) {
    return (await this.cli(...words, "--json")).split("\n").filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  start(program, words) {
    const child = spawn(path.join(build, program), words, { env: this.environment,
                                                            stdio: ["pipe", "pipe", "inherit"] });
    this.programs.add(child);
    child.on("exit", () => this.programs.delete(child));
    child.stdin.on("error", () => {});  // it may have ended
    return child;
  }

  /// A program that holds calls. order("drop"), order("release"), end().
  async calls(name, line, address, count = 1) {
    const child = this.start("tests/browser/console_calls", [name, line, address, String(count)]);
    await firstLine(child.stdout, "console_calls");
    return {
      process: child.pid,
      async order(word) {
        child.stdin.write(`${word}\n`);
        await once(child.stdout, "data");
      },
      async end() {
        child.stdin.end();
        await once(child, "exit");
      },
    };
  }

  /// Ends all programs, and waits for the end of their calls.
  async quiet() {
    for (const child of this.programs) child.kill("SIGKILL");
    await eventually("all calls are over", async () => (await this.json("sessions")).length === 0);
  }

  /// The address that `switchhook console` prints.
  async address() { return /http:\S+/.exec(await this.cli("console"))[0]; }

  async stop() {
    for (const child of this.programs) child.kill("SIGKILL");
    await this.kill("SIGTERM");
    fs.rmSync(this.place, { recursive: true });
  }
}

/// One Chromium for all tests of a file.
export async function openBrowser() {
  return chromium.launch({ executablePath: process.env.SWITCHHOOK_CHROMIUM ?? "/usr/bin/chromium",
                           args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/// A page of its own, with cookies of its own. What the browser complains of is in page.complaints.
export async function openPage(browser, address, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 760 }, locale: "en-GB", acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(limit);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error.stack)));
  page.on("console", (message) => {
    // A daemon that is away, and refusals, are what some tests are about.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text()))
      page.complaints.push(message.text());
  });
  if (address) await page.goto(address);
  return page;
}

export const live = (page) => page.locator("#live", { hasText: /^live$/ }).waitFor();
export const rung = (page, words) =>
  page.locator(".ladder text").filter({ hasText: words }).first().waitFor();
export const view = (page, name) =>
  page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
export const rows = (page) => page.locator(".list tbody tr");
export const row = (page, ...words) =>
  words.reduce((found, text) => found.filter({ hasText: text }), rows(page));

/// Waits until it is so.
export async function eventually(what, check, time = limit) {
  const until = Date.now() + time;
  let last;
  while (true) {
    try {
      last = await check();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until) assert.fail(`${what}; last: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/// Answers a question of the page.
export async function answer(page, verb) {
  await page.getByRole("dialog").getByRole("button", { name: verb, exact: true }).click();
}

export const noticed = (page, text) =>
  page.locator(".notice").filter({ hasText: text }).first().waitFor();

/// What hinders people, by the rules of WCAG 2.2 A and AA; or only by contrast.
export async function hindrances(page, contrast = false) {
  if (await page.evaluate(() => globalThis.axe === undefined)) await page.evaluate(axe);
  const { violations } = await page.evaluate((only) => globalThis.axe.run(document, {
    runOnly: only ? { type: "rule", values: ["color-contrast"] }
      : ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
  }), contrast);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) =>
    `${id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}

/// A picture as the documents have it.
export async function picture(page, name) {
  const file = path.join(process.env.SWITCHHOOK_PICTURES, `${name}.png`);
  await page.screenshot({ path: file });
  const { size } = fs.statSync(file);
  assert.ok(size > 5000 && size < 150 * 1024, `${file} has ${size} bytes`);
}
