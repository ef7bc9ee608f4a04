// Sends the requests of the buttons and shows the raw responses.
"use strict";

const element = (id) => document.getElementById(id);

// What a response means to the user, by the request's method and the response's code.
const VERDICTS = {
  "POST 200": () => "You are logged in.",
  "GET 200": ({ memberId }) => `You are member ${memberId}.`,
  "DELETE 200": (_, target) => (target.includes("all=true") ? "You are logged out, everywhere." : "You are logged out."),
  INVALID_CREDENTIALS: () => "The email or the password is wrong.",
  NOT_AUTHENTICATED: () => (loginIsUnseen ? COOKIE_NOT_STORED : "Nobody is logged in."),
  INVALID_REQUEST: ({ detail }) => `Invalid request: ${detail}.`,
  PAYLOAD_TOO_LARGE: () => "The request is too large.",
  TOO_MANY_REQUESTS: (_, target, method) => `Too many ${method === "POST" ? "logins" : "requests"}.`,
  CROSS_SITE: () => "The API refused this page as another site. The server's log says which header decided, and which values are accepted.",
  UNAVAILABLE: () => "The database is unavailable. Try again in a moment.",
};

// A login succeeded, and no response since then has shown whether the browser stored its cookie.
let loginIsUnseen = false;

const COOKIE_NOT_STORED = "You logged in, but this browser did not store the session cookie. Safari stores none from http://localhost. "
  + "Start the server with cargo run -- --https.";

const OF_ACCOUNT = "Too many attempts for this account. Try again later, or in a browser that you used before.";

const NO_RESPONSE = "No response from the server. Is it still running?";

// One request at a time: a button pressed during a request does nothing.
async function send(method, target, content) {
  if (element("response").ariaBusy === "true") return;
  element("response").ariaBusy = "true";
  const received = await responseTo(target, { method, cache: "no-store", ...(content && json(content)) });
  element("response").ariaBusy = "false";
  if (received) show(method, target, ...received);
  else showNothing();
}

function json(content) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
}

async function responseTo(target, request) {
  try {
    const response = await fetch(target, request);
    return [response, await response.text()];
  } catch {
    return null;
  }
}

function show(method, target, response, body) {
  const seconds = secondsToWait(response);
  waitUntil = seconds > 0 ? Date.now() + seconds * 1000 : 0;
  say(verdict(method, target, response, body), seconds > 0 ? `Wait ${duration(seconds)}.` : "");
  element("request").textContent = `${method} ${target}`;
  element("status-line").textContent = `${response.status} ${response.statusText}`.trim();
  element("headers").replaceChildren(...[...response.headers].map(field));
  element("body").textContent = body;
  element("exchange").hidden = false;
  note(response.headers);
  tick();
  noteLogin(method, response.status);
}

// 0 if there is no wait, or if an account's limit refused: the response then does not say how long to wait.
function secondsToWait(response) {
  return isOfAccount(response) ? 0 : Number(response.headers.get("Retry-After"));
}

// The headers report the client's own limit. If this limit has permits left, an account's limit refused the request.
const isOfAccount = ({ status, headers }) => status === 429 && Number(headers.get("RateLimit-Remaining")) > 0;

// Over HTTPS every browser stores the cookie, so a 401 has another reason.
function noteLogin(method, status) {
  if (method === "POST" && status === 200) loginIsUnseen = location.protocol === "http:";
  else if (status !== 429 && status !== 503) loginIsUnseen = false;
}

function showNothing() {
  say(NO_RESPONSE, "");
  element("exchange").hidden = true;
  waitUntil = 0;
  tick();
}

// Shows the words. Screen readers also read the wait, which the page shows as a countdown.
function say(words, wait) {
  element("verdict").textContent = words;
  element("said").textContent = `${words} ${wait}`;
}

function verdict(method, target, response, body) {
  const content = parsed(body);
  if (isOfAccount(response)) return OF_ACCOUNT;
  const words = VERDICTS[content.code] ?? VERDICTS[`${method} ${response.status}`];
  return words ? words(content, target, method) : `${content.title ?? content.message ?? response.statusText}.`;
}

function parsed(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

function field([name, value]) {
  const row = document.createElement("div");
  const content = document.createElement("dd");
  content.append(...value.split(/(?<=; )/).map((part) => made("span", part))); // where a line may break
  row.append(made("dt", name), content);
  row.classList.toggle("limiting", name.startsWith("ratelimit") || name === "retry-after");
  return row;
}

function made(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

// The buckets by policy: the quota, the permits left at the last response, and the time of the next permit, in
// milliseconds. The headers report whole seconds, rounded up, so this time is up to a second late.
const buckets = new Map();

let waitUntil = 0;

function note(headers) {
  const [, name, quota, seconds] = /^"(\w+)";q=(\d+);w=(\d+)$/.exec(headers.get("RateLimit-Policy") ?? "") ?? [];
  const [, , left, next] = /^"(\w+)";r=(\d+);t=(\d+)$/.exec(headers.get("RateLimit") ?? "") ?? [];
  if (name && left) {
    const interval = (Number(seconds) * 1000) / Number(quota);
    buckets.set(name, { quota: Number(quota), interval, left: Number(left), next: Date.now() + Number(next) * 1000 });
  }
}

// The permits at the time `now`. The fraction shows how far the next permit has refilled.
function permits({ quota, interval, left, next }, now) {
  return Math.max(left, Math.min(quota, left + 1 + (now - next) / interval));
}

function duration(seconds) {
  if (seconds >= 120) return `${Math.ceil(seconds / 60)} minutes`;
  return seconds === 1 ? "1 second" : `${seconds} seconds`;
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");

function tick() {
  const now = Date.now();
  const wait = Math.ceil((waitUntil - now) / 1000);
  element("wait").hidden = waitUntil === 0;
  element("wait").textContent = wait > 0 ? `Wait ${duration(wait)}.` : "You can try again now.";
  for (const limit of document.querySelectorAll(".limit")) {
    const bucket = buckets.get(limit.dataset.policy);
    if (bucket) draw(limit, bucket, now);
  }
}

function draw(limit, bucket, now) {
  const held = permits(bucket, now);
  const whole = Math.floor(held);
  const next = Math.ceil(((whole + 1 - held) * bucket.interval) / 1000);
  const count = whole < bucket.quota ? `${whole} of ${bucket.quota}, one more in ${next} s` : `${whole} of ${bucket.quota}`;
  limit.querySelector(".count").textContent = count;
  const bar = limit.querySelector(".permits");
  bar.setAttribute("aria-label", `${whole} of ${bucket.quota} permits left`);
  fill(bar, bucket.quota, calm.matches ? whole : held);
}

// More permits than this are drawn as one bar.
const MOST_PERMITS_DRAWN = 24;

function fill(bar, quota, held) {
  const parts = quota > MOST_PERMITS_DRAWN ? 1 : quota;
  while (bar.childElementCount < parts) bar.append(document.createElement("span"));
  while (bar.childElementCount > parts) bar.lastElementChild.remove();
  [...bar.children].forEach((part, index) => {
    const share = (held * parts) / quota - index;
    part.style.setProperty("--filled", Math.max(0, Math.min(1, share)).toFixed(3));
    part.classList.toggle("whole", share >= 1);
  });
}

element("login").addEventListener("submit", (event) => {
  event.preventDefault();
  send("POST", "/sessions/", {
    email: element("email").value,
    password: element("password").value,
    remember: element("remember").checked,
  });
});
element("status").addEventListener("click", () => send("GET", "/sessions/"));
element("logout").addEventListener("click", () => send("DELETE", "/sessions/"));
element("logout-all").addEventListener("click", () => send("DELETE", "/sessions/?all=true"));
element("fill").addEventListener("click", () => {
  element("email").value = element("member-email").textContent;
  element("password").value = element("member-password").textContent;
  document.querySelector("#login button").focus();
});
setInterval(tick, 200);
