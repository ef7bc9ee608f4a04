// Tests the real handler, with the AWS SDK, against the real local server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "../local/server.js";

let server, handler, members;

before(async () => {
  server = await start();
  ({ handler } = await import("../src/index.js"));
  ({ members } = await import("../src/members.js"));
});

after(() => server?.stop());

const FIRST = "violet-harbour-93";
const SECOND = "quiet-lantern-408";

async function send(method, path, content, headers = {}) {
  const body = content === undefined ? undefined : JSON.stringify(content);
  headers = { "content-type": "application/json", ...headers };
  const response = await fetch(server.url + path, { method, headers, body });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const signUp = (email, password = FIRST) => send("POST", "/sign-up/members", { email, password });

const changePassword = (cookie, content) => send("PUT", "/sign-up/password", content, { cookie });

async function logIn(email, password) {
  const { status, headers } = await send("POST", "/sessions/", { email, password });
  const cookies = headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  return { status, cookie: cookies.find((cookie) => cookie.startsWith("__Host-Http-session=")) };
}

const whoAmI = (cookie) => send("GET", "/sessions/", undefined, { cookie });

function problem({ status, headers, body }) {
  assert.equal(headers.get("content-type"), "application/problem+json");
  assert.equal(body.status, status);
  return [status, body.code];
}

test("a member signs up, logs in, changes the password and gets another email", async (t) => {
  const added = await signUp("bob@example.com");
  assert.equal(added.status, 201);
  const { memberId } = added.body;
  t.diagnostic(`sign-up: 201, member ${memberId}`);

  const old = await logIn("bob@example.com", FIRST);
  assert.equal(old.status, 200);
  assert.deepEqual((await whoAmI(old.cookie)).body, { memberId });
  t.diagnostic("login: 200");

  const changed = await changePassword(old.cookie, { currentPassword: FIRST, password: SECOND });
  assert.equal(changed.status, 200);
  t.diagnostic("change of the password: 200");

  assert.equal((await whoAmI(old.cookie)).status, 401);
  assert.equal((await changePassword(old.cookie, {})).status, 403, "the authorizer");
  t.diagnostic("old session: 401");
  assert.equal((await logIn("bob@example.com", FIRST)).status, 401);
  assert.equal((await logIn("bob@example.com", SECOND)).status, 200);
  t.diagnostic("old password: 401, new password: 200");

  assert.deepEqual(await members({ action: "setEmail", memberId, email: "bob@new.example" }), {});
  assert.equal((await logIn("bob@example.com", SECOND)).status, 401);
  assert.equal((await logIn("Bob@New.example", SECOND)).status, 200);
  t.diagnostic("new email set; old email: 401, new email: 200");
});

test("an email that is taken is a conflict", async () => {
  await signUp("eve@example.com");
  assert.deepEqual(problem(await signUp("EVE@example.com")), [409, "EMAIL_TAKEN"]);
});

test("a weak password is refused with advice", async () => {
  const refused = await signUp("weak@example.com", "password1");
  assert.deepEqual(problem(refused), [422, "WEAK_PASSWORD"]);
  assert.ok(refused.body.suggestions.length > 0);
});

test("a malformed body is refused with its fault", async () => {
  const details = [
    [[], "the body must be a JSON object"],
    [{ email: "a@example.com" }, "password must be a string"],
    [{ email: 1, password: FIRST }, "email must be a string"],
  ];
  for (const [content, detail] of details) {
    const refused = await send("POST", "/sign-up/members", content);
    assert.deepEqual([...problem(refused), refused.body.detail], [400, "INVALID_REQUEST", detail]);
  }
  assert.match((await signUp("no-at-sign")).body.detail, /^email must have one @/);
  assert.deepEqual(problem(await signUp("x".repeat(4096))), [413, "PAYLOAD_TOO_LARGE"]);
  const text = await send("POST", "/sign-up/members", {}, { "content-type": "text/plain" });
  assert.deepEqual(problem(text), [415, "UNSUPPORTED_MEDIA_TYPE"]);
});

test("a header's name may have capital letters", async () => {
  const event = { routeKey: "POST /members", headers: { "Content-Type": "application/json" }, body: "{}" };
  assert.equal((await handler(event)).statusCode, 400);
});

test("a wrong current password changes nothing, and attempts are limited", async () => {
  await signUp("max@example.com");
  const { cookie } = await logIn("max@example.com", FIRST);
  assert.deepEqual(problem(await changePassword(cookie, { password: SECOND })), [400, "INVALID_REQUEST"]);
  for (let attempt = 0; attempt < 10; attempt++) {
    const refused = await changePassword(cookie, { currentPassword: "wrong", password: SECOND });
    assert.deepEqual(problem(refused), [403, "INVALID_CREDENTIALS"]);
  }
  const limited = await changePassword(cookie, { currentPassword: FIRST, password: SECOND });
  assert.deepEqual(problem(limited), [429, "TOO_MANY_REQUESTS"]);
  assert.ok(Number(limited.headers.get("retry-after")) > 0);
  assert.equal((await whoAmI(cookie)).status, 200);
});

test("without the members function the response is a problem that does not tell the cause", async () => {
  process.env.MEMBERS_FUNCTION = "elsewhere";
  const response = await signUp("zoe@example.com");
  process.env.MEMBERS_FUNCTION = "members";
  assert.deepEqual(problem(response), [500, "INTERNAL_SERVER_ERROR"]);
});
