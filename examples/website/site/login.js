// The login page: sends the form and shows the result.

import { explain, logIn, whoAmI } from "/api.js";

const element = (id) => document.getElementById(id);
const [form, email, password] = [element("login"), element("email"), element("password")];

// Sends a member who is logged in to the account page. Shows the form to everyone else.
async function look() {
  const response = await whoAmI();
  if (response.ok) return location.replace("/");
  form.hidden = false;
  email.focus();
}

function clear() {
  element("words").textContent = "";
  element("help").hidden = true;
  for (const field of [email, password]) field.removeAttribute("aria-invalid");
}

// Shows the words, which screen readers then read aloud, and moves the keyboard focus to the field to correct.
function say(words, field) {
  element("words").textContent = words;
  field?.setAttribute("aria-invalid", "true");
  (field ?? element("problem")).focus();
  if (field === password) password.select();
}

function missing() {
  if (email.value.trim() === "") return ["Please enter your email.", email];
  if (password.value === "") return ["Please enter your password.", password];
  return null;
}

// Login attempts are also limited per account. A refusal by this limit does not say how long to wait. A browser in
// which the member logged in before has its own limit.
const TRY_LATER = "Try again later, or in a browser that you used before.";

function refuse(response) {
  const isLimited = response.status === 429;
  element("help").hidden = !isLimited;
  const words = isLimited ? `${explain(response)} ${TRY_LATER}` : explain(response);
  say(words, response.code === "INVALID_CREDENTIALS" ? password : undefined);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  clear();
  const gap = missing();
  if (gap) return say(...gap);
  form.ariaBusy = "true";
  const response = await logIn(email.value, password.value, element("remember").checked);
  form.ariaBusy = "false";
  if (response.ok) location.replace("/");
  else refuse(response);
});

// The browser may keep the page in memory after the user leaves it. Clear the fields, because someone could go back to
// the page after a logout.
addEventListener("pagehide", () => form.reset());
addEventListener("pageshow", (event) => event.persisted && look());
look();
