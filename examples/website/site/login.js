// The log-in page: sends the form, and says what came of it.

import { countDown, duration, explain, logIn } from "/api.js";

const element = (id) => document.getElementById(id);
const [form, email, password] = [element("login"), element("email"), element("password")];

// A wait longer than this comes from the limit for browsers that are new to the account. There is something
// better to do than to wait. (The limits' waits by default: a client's 12 seconds, a known browser's 6
// minutes, a new browser's 6.4 hours.)
const LONG_WAIT_SECONDS = 15 * 60;

let stopCounting = () => {};

function clear() {
  stopCounting();
  element("words").textContent = element("aloud").textContent = "";
  element("wait").hidden = true;
  element("help").hidden = true;
  for (const field of [email, password]) field.removeAttribute("aria-invalid");
}

// Puts the words where they are seen and read aloud, and the keyboard where it goes on. What is only read aloud stands
// in another place for the eye.
function say(words, field, aloud = "") {
  element("words").textContent = words;
  element("aloud").textContent = aloud;
  field?.setAttribute("aria-invalid", "true");
  (field ?? element("problem")).focus();
  if (field === password) password.select();
}

function missing() {
  if (email.value.trim() === "") return ["Please write your email.", email];
  if (password.value === "") return ["Please write your password.", password];
  return null;
}

function refuse(answer) {
  if (answer.wait > 0) return wait(answer);
  const field = answer.code === "INVALID_CREDENTIALS" ? password : undefined;
  say(explain(answer), field);
}

function wait(answer) {
  const isLong = answer.status === 429 && answer.wait > LONG_WAIT_SECONDS;
  const reason = isLong ? "There were too many attempts to log in to this account." : explain(answer);
  element("help").hidden = !isLong;
  element("wait").hidden = false;
  say(reason, undefined, `You can try again in ${duration(answer.wait)}.`);
  stopCounting = countDown(answer.wait, (left) => {
    element("wait").textContent = `Wait ${duration(left)}.`;
    if (left === 0) waited();
  });
}

function waited() {
  clear();
  say("You can try again now.");
  element("submit").focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  clear();
  const gap = missing();
  if (gap) return say(...gap);
  form.ariaBusy = "true";
  const answer = await logIn(email.value, password.value, element("remember").checked);
  form.ariaBusy = "false";
  if (answer.ok) location.assign("/");
  else refuse(answer);
});

email.focus();
