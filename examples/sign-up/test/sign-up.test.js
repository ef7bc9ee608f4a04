// The real handler, with the AWS SDK, against the real local server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { event, start } from "./local-server.js";

let server, handler, members;

before(async () => {
  server = await start();
  Object.assign(process.env, {
    MEMBERS_FUNCTION: "members",
    AWS_ENDPOINT_URL_LAMBDA: server.url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
  ({ handler } = await import("../src/index.js"));
  ({ members } = await import("../src/members.js"));
});

after(() => server?.stop());

const FIRST = "violet-harbour-93";
const SECOND = "quiet-lantern-408";

async function signUp(email, password = FIRST) {
  return handler(event("POST /members", { email, password }));
}

function problemOf(answer) {
  assert.equal(answer.headers["content-type"], "application/problem+json");
  const body = JSON.parse(answer.body);
  assert.equal(body.status, answer.statusCode);
  return body;
}

test("a member signs up, logs in, changes the password and gets another email", async (t) => {
  const added = await signUp("bob@example.com");
  assert.equal(added.statusCode, 201);
  const { memberId } = JSON.parse(added.body);
  t.diagnostic(`sign-up: 201, member ${memberId}`);

  const old = await server.logIn("bob@example.com", FIRST);
  assert.equal(old.status, 200);
  assert.deepEqual(await server.whoAmI(old.cookie), { status: 200, body: { memberId } });
  t.diagnostic("login: 200");

  const change = { currentPassword: FIRST, password: SECOND };
  const changed = await handler(await server.authorized("PUT /password", old.cookie, change));
  assert.equal(changed.statusCode, 200);
  t.diagnostic("change of the password: 200");

  assert.equal((await server.whoAmI(old.cookie)).status, 401);
  t.diagnostic("old session: 401");
  assert.equal((await server.logIn("bob@example.com", FIRST)).status, 401);
  assert.equal((await server.logIn("bob@example.com", SECOND)).status, 200);
  t.diagnostic("old password: 401, new password: 200");

  assert.deepEqual(await members({ action: "setEmail", memberId, email: "bob@new.example" }), {});
  assert.equal((await server.logIn("bob@example.com", SECOND)).status, 401);
  assert.equal((await server.logIn("Bob@New.example", SECOND)).status, 200);
  t.diagnostic("new email set; old email: 401, new email: 200");
});

test("an email that is taken is a conflict", async () => {
  await signUp("eve@example.com");
  const again = await signUp("EVE@example.com");
  assert.equal(problemOf(again).code, "EMAIL_TAKEN");
  assert.equal(again.statusCode, 409);
});

test("a weak password is refused with advice", async () => {
  const refused = await signUp("weak@example.com", "password1");
  const problem = problemOf(refused);
  assert.deepEqual([refused.statusCode, problem.code], [422, "WEAK_PASSWORD"]);
  assert.ok(problem.suggestions.length > 0);
});

test("what is not an email and a password is refused", async () => {
  for (const body of [null, [], "x", {}, { email: "a@example.com" }, { email: 1, password: FIRST }]) {
    assert.equal(problemOf(await handler(event("POST /members", body))).code, "INVALID_REQUEST");
  }
  assert.match(problemOf(await signUp("no-at-sign")).detail, /^email must have an @/);
  const form = { ...event("POST /members", {}), headers: { "content-type": "text/plain" } };
  assert.equal((await handler(form)).statusCode, 400);
  assert.equal((await handler(event("GET /elsewhere"))).statusCode, 404);
});

test("a wrong or missing current password changes nothing, and attempts are limited", async () => {
  await signUp("max@example.com");
  const { cookie } = await server.logIn("max@example.com", FIRST);
  const change = async (body) => handler(await server.authorized("PUT /password", cookie, body));
  assert.equal(problemOf(await change({ password: SECOND })).code, "INVALID_REQUEST");
  for (let attempt = 0; attempt < 10; attempt++) {
    const refused = await change({ currentPassword: "wrong", password: SECOND });
    assert.deepEqual([refused.statusCode, problemOf(refused).code], [403, "INVALID_CREDENTIALS"]);
  }
  const limited = await change({ currentPassword: FIRST, password: SECOND });
  assert.deepEqual([limited.statusCode, problemOf(limited).code], [429, "TOO_MANY_REQUESTS"]);
  assert.ok(Number(limited.headers["retry-after"]) > 0);
  assert.equal((await server.whoAmI(cookie)).status, 200);
});

test("while the members function is away the answer is a problem and says nothing of the cause", async () => {
  process.env.MEMBERS_FUNCTION = "elsewhere";
  const answer = await handler(event("POST /members", { email: "zoe@example.com", password: FIRST }));
  process.env.MEMBERS_FUNCTION = "members";
  assert.deepEqual([answer.statusCode, problemOf(answer).code], [500, "INTERNAL_SERVER_ERROR"]);
});
