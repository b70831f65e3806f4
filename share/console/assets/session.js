// SPDX-License-Identifier: Apache-2.0
// One session, live or from the records: what is known of it, and its ladder.
import { get, post, Refused } from "./api.js";
import { confirmed, facts, foreign, heading, make, put } from "./dom.js";
import { dateTime, party, plural, shown, span } from "./format.js";
import { confirmation, drawLadder, stepsOf, StepTable } from "./ladder.js";
import { later } from "./later.js";
import { hangUp, kindOf } from "./sessions.js";

const look = 2000;  // milliseconds: messages come without a change of state, too

const hints = {
  denied: "SIP messages are shown to operators only.",
  off: "The daemon keeps no SIP messages: messages of [console] is 0.",
};

export function sessionView(main, console_, query, id) {
  const title = heading("Session");
  const known = make("div", { class: "known" });
  const drawing = make("div", { class: "drawing" });
  const hint = make("p", { class: "hint" });
  const steps = new StepTable();
  let ladder, record;
  const end = make("button", { type: "button", class: "danger", hidden: true,
    onclick: () => hangUp(console_, { id, number: record.call_id, from: record.calling.address,
                                      to: record.called.address }) }, "Hang up");
  const reclaim = make("button", {
    type: "button", class: "danger", hidden: true, onclick: reclaimAll }, "Reclaim");
  main.append(title, make("div", { class: "buttons" }, end, reclaim), known,
              make("h2", {}, "Ladder"), hint, drawing, make("h2", {}, "Steps"), steps.element);

  function showDrawing() {
    if (ladder && drawing.clientWidth > 0)
      drawing.replaceChildren(drawLadder(ladder, Math.max(300, drawing.clientWidth)));
  }
  const resized = new ResizeObserver(showDrawing);
  resized.observe(drawing);

  function show(answer) {
    record = answer.record;
    ladder = stepsOf(answer);
    const { end: over, holders } = record;
    put(title, `Session ${record.call_id}: ${shown(party(record.calling)) || "unknown"} to ` +
               `${shown(party(record.called)) || "unknown"}`);
    document.title = `Session ${record.call_id} – Switchhook`;
    const held = holders.filter((holder) => holder.released === null);
    const holder = (each) => make("li", {}, foreign(each.application),
      ` (${each.process ? `process ${each.process}, ` : ""}user `, foreign(each.user),
      `, ${each.privilege}): `,
      each.released === null ? "holds it" : `released ${dateTime(each.released)}`);
    known.replaceChildren(facts([
      ["State", make("span", { class: `state ${kindOf(record.state)}` }, record.state)],
      ["Line", foreign(`${record.line} (${record.provider}), ${record.direction}`)],
      ["Began", dateTime(record.timeline[0]?.at)],
      ["Answered after", record.time_to_answer > 0 ? span(record.time_to_answer) : ""],
      ["Talk", record.talk_time > 0 ? span(record.talk_time) : ""],
      ["On hold", record.held_time > 0 ? span(record.held_time) : ""],
      ["Ended", over ? foreign(`${dateTime(over.at)}, ${over.text}`) : ""],
      ["Ended by", over && record.ended_by_application
        ? foreign(`${record.ended_by_application} (user ${record.ended_by_user})`) : ""],
      ["Confirmation", over ? confirmation(over) : ""],
      ["Provider free after", over?.returned_after > 0 ? span(over.returned_after) : ""],
      ["Program", foreign(record.application)],
      ["Comment", record.comment ? foreign(record.comment) : ""],
      ["Call-ID", record.provider_call_id ? foreign(record.provider_call_id) : ""],
      ["Number", id],
      ["Holders", holders.length ? make("ul", {}, holders.slice(0, 20).map(holder)) : "none"],
    ]));
    end.hidden = !console_.acts || kindOf(record.state) === "over";
    reclaim.hidden = !console_.acts || kindOf(record.state) !== "over" || held.length === 0;
    put(hint, hints[answer.messages] ?? "");
    hint.hidden = hint.textContent === "";
    steps.update(ladder.steps);
    showDrawing();
  }

  let ticker;
  const read = later(300, async (signal) => {
    try {
      const answer = await get(`sessions/${encodeURIComponent(id)}/ladder`, {}, signal);
      const state = record?.state;
      show(answer);
      if (state !== undefined && state !== record.state)
        console_.announce(`The session is ${record.state}.`);
      // A live session, and one whose last acknowledgement is on its way, are looked at again.
      clearTimeout(ticker);
      if (record.state !== "idle" || record.end?.confirmation === "pending")
        ticker = setTimeout(() => read.soon(), look);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      put(title, "No such session");
      known.replaceChildren(make("p", {},
        `There is no session ${shown(id)}, and no record of it.`));
    }
  }, (error) => console_.failed("Session", error));

  async function reclaimAll() {
    const held = record.holders.filter((holder) => holder.released === null);
    const who = held.map((each) => shown(each.application)).join(", ");
    if (!await confirmed("Reclaim?", "Reclaim", `Who loses the identifier of session ` +
          `${record.call_id}: ${who}.`)) return;
    await console_.act("Reclaim", async () => {
      const { leaks } = await get("leaks", {});
      let count = 0;
      for (const leak of leaks.filter((each) => each.session_id === id))
        count += (await post(`leaks/${leak.identifier_id}/reclaim`)).reclaimed;
      return count;
    }, (count) => `${plural(count, "identifier")} reclaimed.`);
    read.now();
  }
  return {
    update(kinds, ids) { if (kinds.has("all") || ids.has(id)) read.soon(); },
    close() {
      clearTimeout(ticker);
      read.stop();
      resized.disconnect();
    },
  };
}
