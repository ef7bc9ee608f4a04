// POST /sessions/
import { randomBytes } from "node:crypto";
import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import bcrypt from "bcrypt";
import {
  COOKIE, MEMBERS_TABLE, SESSIONS_TABLE, client, limited, limiter, reply, sessionKey,
} from "./api.mjs";
import { serve } from "./runtime.mjs";

const limit = limiter("login", 5);
const NOBODY = `$2b$12$${"x".repeat(53)}`;

async function login(event) {
  const { email, password } = JSON.parse(event.body);
  const { Item: member } = await client.send(
    new GetItemCommand({ TableName: MEMBERS_TABLE, Key: { email: { S: email } }, ConsistentRead: true }),
  );
  const matches = await bcrypt.compare(password, member?.password_hash.S ?? NOBODY);
  if (!member || !matches) return reply(401, { code: "INVALID_CREDENTIALS" });
  const token = randomBytes(32).toString("base64url");
  const Item = {
    session: { S: sessionKey(token) },
    member_id: member.member_id,
    expires_at: { N: String(Math.floor(Date.now() / 1000) + 86400) },
  };
  await client.send(new PutItemCommand({ TableName: SESSIONS_TABLE, Item }));
  return reply(200, {}, [`${COOKIE}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`]);
}

await serve((event) => limited(limit, event, login));
