// The account page: says who is logged in, and logs out.

import { explain, logOut, logOutEverywhere, whoAmI } from "/api.js";

const element = (id) => document.getElementById(id);

// The member id that the page shows, if any.
let member;
let nextLook;

function show(words, { memberId, visitor = false } = {}) {
  member = memberId;
  element("state").textContent = words;
  element("member").hidden = memberId === undefined;
  element("visitor").hidden = !visitor;
}

async function look() {
  clearTimeout(nextLook);
  const response = await whoAmI();
  const { memberId } = response.body;
  if (response.ok) show(`You are logged in as member ${memberId}.`, { memberId });
  else if (response.code === "NOT_AUTHENTICATED") show("You are not logged in.", { visitor: true });
  else if (response.wait > 0) lookLater(response);
  else show(explain(response));
}

function lookLater(response) {
  show(`${explain(response)} This page tries again on its own.`);
  nextLook = setTimeout(look, response.wait * 1000);
}

// Whether the page still shows the right member. Another tab may have logged in as another member in the meantime.
async function isUnchanged() {
  const named = member;
  await look();
  if (member !== named && member !== undefined) {
    show(`This browser is logged in as member ${member} now. Nobody was logged out.`, { memberId: member });
  }
  return member === named;
}

async function leave(request, words) {
  const buttons = element("member");
  if (buttons.ariaBusy === "true") return;
  buttons.ariaBusy = "true";
  const response = (await isUnchanged()) && (await request());
  buttons.ariaBusy = "false";
  if (response.ok) show(words, { visitor: true });
  else if (response) show(explain(response), { memberId: member });
  if (member === undefined) element("title").focus(); // the buttons are gone, and the keyboard focus with them
}

element("logout").addEventListener("click", () => leave(logOut, "You are logged out."));
element("logout-all").addEventListener("click", () => leave(logOutEverywhere, "You are logged out everywhere."));

// A page that the browser kept in memory, or a tab in the background, may show an old state.
addEventListener("pageshow", (event) => event.persisted && look());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
look();
