// The script of both pages: sends the form as JSON and shows the result.

const element = (id) => document.getElementById(id);
const form = element("form");

// The message for the user.
function explain(status, { code, warning, suggestions = [] }) {
  if (status === 0) return "No response. Check that you are online, and try again.";
  if (status === 401 || (status === 403 && !code)) return "You are not logged in. Log in first.";
  const words = {
    EMAIL_TAKEN: "This email has an account already. Log in, or use another email.",
    INVALID_CREDENTIALS: "The current password is wrong.",
    INVALID_REQUEST: "Please check your email and password.",
    PAYLOAD_TOO_LARGE: "The email or the password is too long.",
    TOO_MANY_REQUESTS: "There were too many attempts. Try again later.",
    UNAVAILABLE: "The service cannot be reached at the moment. Try again in a moment.",
    WEAK_PASSWORD: ["This password is too easy to guess.", warning, ...suggestions].filter(Boolean).join(" "),
  };
  return words[code] ?? "Something went wrong on our side. Please try again later.";
}

function say(words, field) {
  element("words").textContent = words;
  for (const input of form.querySelectorAll("input")) input.setAttribute("aria-invalid", input === field);
  (field ?? element("problem")).focus();
}

async function send(method, target, content) {
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(target, { method, headers, body: JSON.stringify(content) });
    return [response.status, await response.json().catch(() => ({}))];
  } catch {
    return [0, {}];
  }
}

const FIELDS = { EMAIL_TAKEN: "email", INVALID_CREDENTIALS: "currentPassword", WEAK_PASSWORD: "password" };

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  const empty = form.querySelector("input:invalid");
  if (empty) return say("Please fill in every field.", empty);
  const { method, target, next } = form.dataset;
  form.ariaBusy = "true";
  const [status, body] = await send(method, target, Object.fromEntries(new FormData(form)));
  form.ariaBusy = "false";
  if (status === 200 || status === 201) location.assign(next);
  else say(explain(status, body), element(FIELDS[body.code]));
});

// The browser may keep the page in memory after the user leaves it. Clear the fields, so that no password stays there.
addEventListener("pagehide", () => form.reset());
form.hidden = false;
