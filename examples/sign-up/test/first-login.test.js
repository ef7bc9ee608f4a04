// Members of a Django application, imported with the command line into the real local server.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { start } from "../local/server.js";

// The hashes of the passwords "snow1" and "tide2", as Django 5.2 stores them.
const OLD_HASHES = {
  "jon@example.com": "pbkdf2_sha256$1000000$qRqcYmP36luT3JjAFoT94O$Jo0an8qctM20J/nqVib9uKjvsbgSIkWk5vnAGC9KyxI=",
  "kim@example.com": "pbkdf2_sha256$1000000$45LzSlPx3MUsdtzHgyRSV1$HT0HIcOoGFWi3MtKriq976t4syQVO+S1AzMA/hgnSq8=",
};

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

let server, firstLogin, members;

before(async () => {
  server = await start();
  ({ firstLogin } = await import("../src/first-login.js"));
  ({ members } = await import("../src/members.js"));
  const file = join(mkdtempSync(join(tmpdir(), "members-")), "members.csv");
  const rows = Object.entries(OLD_HASHES).map(([email, hash], index) => `${email},${hash},${index + 701}\n`);
  writeFileSync(file, `email,password,id\n${rows.join("")}`);
  runMembers("import", file, "--without-password");
});

// Runs the program that MEMBERS names, or `cargo run`.
function runMembers(...arguments_) {
  const { MEMBERS } = process.env;
  const [program, first] = MEMBERS ? [MEMBERS, []] : ["cargo", ["run", "--quiet", "--package", "members", "--"]];
  execFileSync(program, [...first, server.tables, ...arguments_], { cwd: ROOT });
}

after(() => server?.stop());

async function logIn(email, password) {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ email, password });
  const response = await fetch(`${server.url}/sessions/`, { method: "POST", headers, body });
  return { status: response.status, cookie: response.headers.getSetCookie().map((it) => it.split(";")[0]).join("; ") };
}

async function whoAmI(cookie) {
  const response = await fetch(`${server.url}/sessions/`, { headers: { cookie } });
  return { status: response.status, body: await response.json() };
}

function logInAsBefore(email, password) {
  return firstLogin(email, password, OLD_HASHES[email]);
}

test("a member's first login sets the old password, and the number is kept", async () => {
  assert.equal((await members({ action: "find", email: "jon@example.com" })).hasPassword, false);
  assert.equal((await logIn("jon@example.com", "snow1")).status, 401);
  assert.equal(await logInAsBefore("jon@example.com", "wrong"), false);
  assert.equal(await logInAsBefore("jon@example.com", "snow1"), true);
  const { status, cookie } = await logIn("jon@example.com", "snow1");
  assert.equal(status, 200);
  assert.deepEqual(await whoAmI(cookie), { status: 200, body: { memberId: 701 } });
});

test("an old password does not come back after the member chose another one", async () => {
  assert.equal(await logInAsBefore("kim@example.com", "tide2"), true);
  await members({ action: "setPassword", memberId: 702, password: "quiet-lantern-408" });
  assert.equal(await logInAsBefore("kim@example.com", "tide2"), false);
  assert.equal((await logIn("kim@example.com", "tide2")).status, 401);
  assert.equal((await logIn("kim@example.com", "quiet-lantern-408")).status, 200);
});

test("an outage is not a wrong password", async (context) => {
  const found = { memberId: 702, hasPassword: false };
  const unavailable = { error: "UNAVAILABLE", retryAfter: 1 };
  let answers;
  context.mock.method(LambdaClient.prototype, "send", async ({ input }) => {
    const { action } = JSON.parse(input.Payload);
    return { Payload: new TextEncoder().encode(JSON.stringify(answers[action])) };
  });
  for (answers of [{ find: unavailable }, { find: found, setPassword: unavailable }]) {
    await assert.rejects(logInAsBefore("kim@example.com", "tide2"), { message: "UNAVAILABLE" });
    assert.equal(await logInAsBefore("kim@example.com", "wrong"), false);
  }
  answers = { find: { error: "NO_SUCH_MEMBER" } };
  assert.equal(await logInAsBefore("kim@example.com", "tide2"), false);
});
