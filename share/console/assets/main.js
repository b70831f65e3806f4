// SPDX-License-Identifier: Apache-2.0
// The page: who is logged in, which view is shown, what is said about the connection. The address
// behind # is the view, so that Back, reload and a bookmark work.
import { get, post, Refused } from "./api.js";
import { field, heading, make, put } from "./dom.js";
import { clock, shown } from "./format.js";
import { Service } from "./service.js";
import { endsView } from "./ends.js";
import { leaksView } from "./leaks.js";
import { linesView } from "./lines.js";
import { recordsView } from "./records.js";
import { sessionView } from "./session.js";
import { sessionsView } from "./sessions.js";
import { serviceView } from "./status.js";

const views = new Map([
  ["sessions", { title: "Sessions", open: sessionsView }],
  ["leaks", { title: "Leaks", open: leaksView }],
  ["lines", { title: "Lines", open: linesView }],
  ["records", { title: "Records", open: recordsView }],
  ["ends", { title: "Ends", open: endsView }],
  ["service", { title: "Service", open: serviceView }],
]);
const session = { title: "Session", open: sessionView };

const byId = (id) => document.getElementById(id);
const main = byId("main"), banner = byId("banner"), notices = byId("notices");

/// What the views are given.
const console_ = {
  user: "", role: "", service: undefined,
  /// May this user act on the calls and ended sessions of others? The daemon decides; this only
  /// hides buttons that it would refuse.
  get acts() { return this.role === "operator"; },
  announce(text) { put(byId("announcer"), text); },
  /// Says what was done, or why not. What failed stays until it is dismissed.
  notify(text, failed = false) {
    const notice = make("div", { class: failed ? "notice failed" : "notice" },
      make("p", {}, shown(text)),
      make("button", {
        type: "button", "aria-label": "Dismiss", onclick: () => notice.remove() }, "×"));
    if (failed) notice.setAttribute("role", "alert");
    notices.append(notice);
    while (notices.children.length > 4) notices.firstElementChild.remove();
    if (!failed) setTimeout(() => notice.remove(), 10000);
  },
  /// Does something and says how it went. Answers undefined when it was refused.
  async act(what, work, done) {
    try {
      const answer = await work();
      this.notify(typeof done === "function" ? done(answer) : done);
      return answer;
    } catch (error) {
      this.failed(what, error);
      return undefined;
    }
  },
  failed(what, error) {
    if (error.name === "AbortError") return;
    if (error instanceof Refused && error.status === 401) return ask("The login has ended.");
    const why = error instanceof Refused && error.status === 403
      ? `refused: ${error.message} (logged in as ${this.role || "nobody"})` : error.message;
    this.notify(`${what}: ${why}`, true);
  },
};

let view;
let arrived = false;  // a view that follows another, or the login, is read out by its heading

function show() {
  if (location.hash.startsWith("#token=")) {
    end();
    return enter();
  }
  view?.close?.();
  view = undefined;
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id] = path.split("/");
  const next = name === "session" && id ? session : views.get(name) ?? views.get("sessions");
  for (const link of byId("views").querySelectorAll("a")) {
    if (link.hash === `#/${next === session ? "sessions" : name || "sessions"}`)
      link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${next.title}${next === session ? ` ${id}` : ""} – Switchhook`;
  main.replaceChildren();
  main.className = `view ${next === session ? "session" : name || "sessions"}`;
  view = next.open(main, console_, new URLSearchParams(query), id);
  if (console_.service.loaded) view.update?.(new Set(["all"]), new Set());
  if (arrived) main.querySelector("h1")?.focus({ preventScroll: true });
  arrived = true;
}

/// The connection, in words and above everything.
function connection() {
  const { service } = console_;
  const { connection: state, since, why, refusing, news } = service;
  document.body.classList.toggle("lost", state === "lost");
  put(byId("live"), { open: "live", connecting: "connecting", lost: "no connection" }[state] ?? "");
  if (state === "denied") return ask(why);
  if (state === "lost")
    put(banner, `The daemon has not answered since ${clock(since / 1000)}. ${why ?? ""} ` +
                "What is shown may be old. Trying again…");
  else
    put(banner, refusing ? `No call may begin: ${shown(refusing)}` : "");
  if (state === "open" && news) {
    console_.notify(news);
    service.news = "";
  }
}

function begin({ user, role }) {
  console_.user = user;
  console_.role = role;
  console_.service = new Service((kinds, ids) => {
    if (kinds.has("connection")) connection();
    view?.update?.(kinds, ids);
  });
  const nav = byId("views");
  nav.replaceChildren(make("ul", {}, [...views].map(([name, { title }]) =>
    make("li", {}, make("a", { href: `#/${name}` }, title)))));
  nav.hidden = false;
  byId("account").replaceChildren(
    make("span", { id: "live", class: "live", role: "status" }, "connecting"),
    make("span", { class: "who" }, `${shown(user)} (${shown(role)})`),
    make("button", { type: "button", onclick: leave }, "Log out"));
  byId("account").hidden = false;
  console_.service.start();
  window.addEventListener("hashchange", show);
  show();
}

function end() {
  view?.close?.();
  view = undefined;
  console_.service?.close();
  console_.service = undefined;
  window.removeEventListener("hashchange", show);
  byId("views").hidden = true;
  byId("account").hidden = true;
  document.body.classList.remove("lost");
  put(banner, "");
}

async function leave() {
  await post("logout").catch(() => {});
  ask("You are logged out.");
}

/// The login. A view that was open is shown again after it.
function ask(why) {
  if (main.querySelector("form.login")) return;
  end();
  document.title = "Log in – Switchhook";
  main.className = "view login";
  arrived = true;
  const said = make("p", { role: "alert", class: "said" }, why);
  const user = make("input", { name: "user", autocomplete: "username", autocapitalize: "none",
                               required: true, maxlength: 256 });
  const password = make("input", { name: "password", type: "password", required: true,
                                   autocomplete: "current-password", maxlength: 1024 });
  const token = make("input", { name: "token", type: "password", autocomplete: "off",
                                required: true, maxlength: 1024 });
  const form = (title, what, fields) => make("form", {
    class: "login", "aria-label": title, onsubmit: async (event) => {
      event.preventDefault();
      const button = event.target.querySelector("button");
      button.disabled = true;
      put(said, "");
      try {
        const who = await post("login", what());
        notices.replaceChildren();
        begin(who);
      } catch (error) {
        button.disabled = false;
        put(said, error instanceof Refused && error.status === 401
          ? "That is not right." : `You cannot log in: ${error.message}`);
        event.target.querySelector("input").focus();
      }
    },
  }, make("h2", {}, title), fields, make("button", { class: "main" }, "Log in"));
  main.replaceChildren(heading("Log in"), said,
    form("With user and password", () => ({ user: user.value, password: password.value }),
      [field("User", user), field("Password", password)]),
    form("With a token", () => ({ token: token.value.trim() }),
      [make("p", {}, "The command ", make("code", {}, "switchhook console"),
        " prints an address that logs in, and the token."), field("Token", token)]));
  user.focus();
}

/// A token in the address logs in, and leaves the address and the history.
async function enter(again) {
  const token = again ?? /^#token=(.+)$/.exec(location.hash)?.[1];
  try {
    if (token) {
      history.replaceState(null, "", `${location.pathname}#/sessions`);
      begin(await post("login", { token: decodeURIComponent(token) }));
    } else {
      begin(await get("me"));
    }
  } catch (error) {
    if (error instanceof Refused && error.status === 401)
      return ask(token ? "This token is not valid. The daemon makes a new one at each start." : "");
    put(banner, error.message + " Trying again…");
    setTimeout(() => {
      put(banner, "");
      enter(token);
    }, 2000);
  }
}

for (const kind of ["online", "visibilitychange"])
  (kind === "online" ? window : document).addEventListener(kind, () => console_.service?.hurry?.());
enter();
