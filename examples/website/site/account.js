// The account page: says who is logged in, and logs out.

import { countDown, duration, explain, logOut, logOutEverywhere, whoAmI } from "/api.js";

const element = (id) => document.getElementById(id);

let stopCounting = () => {};

function show(words, { member = false, visitor = false } = {}) {
  stopCounting();
  element("state").textContent = words;
  element("member").hidden = !member;
  element("visitor").hidden = !visitor;
}

async function look() {
  const answer = await whoAmI();
  if (answer.ok) show(`You are logged in as member ${answer.body.memberId}.`, { member: true });
  else if (answer.code === "NOT_AUTHENTICATED") show("You are not logged in.", { visitor: true });
  else if (answer.wait > 0) waitAndLook(answer);
  else show(explain(answer));
}

// The question is asked again by itself, once the server would answer it.
function waitAndLook(answer) {
  show(`${explain(answer)} This page looks again in ${duration(answer.wait)}.`);
  stopCounting = countDown(answer.wait, (left) => left === 0 && look());
}

// Only a live session can end the others.
const OVER_ALREADY = "Your session was over already. To log out everywhere, log in first.";

async function leave(request, words) {
  element("member").ariaBusy = "true";
  const answer = await request();
  element("member").ariaBusy = "false";
  if (answer.ok || answer.code === "NOT_AUTHENTICATED") {
    show(answer.ok ? words : OVER_ALREADY, { visitor: true });
    element("title").focus(); // the buttons are gone, and the keyboard with them
  } else {
    show(explain(answer), { member: true });
  }
}

element("logout").addEventListener("click", () => leave(logOut, "You are logged out."));
element("logout-all").addEventListener("click", () => leave(logOutEverywhere, "You are logged out everywhere."));

// A page that the browser kept for its back button shows what was so then.
addEventListener("pageshow", (event) => event.persisted && look());
look();
