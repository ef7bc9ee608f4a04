// GET /sessions/
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { COOKIE, SESSIONS_TABLE, client, limited, limiter, reply, sessionKey } from "./api.mjs";
import { serve } from "./runtime.mjs";

const limit = limiter("status", 10);

async function status(event) {
  const cookie = event.cookies?.find((it) => it.startsWith(`${COOKIE}=`));
  if (!cookie) return reply(401, { code: "NOT_AUTHENTICATED" });
  const session = { S: sessionKey(cookie.slice(COOKIE.length + 1)) };
  const { Item } = await client.send(
    new GetItemCommand({ TableName: SESSIONS_TABLE, Key: { session }, ConsistentRead: true }),
  );
  const live = Item && Number(Item.expires_at.N) > Date.now() / 1000;
  return live ? reply(200, { memberId: Number(Item.member_id.N) }) : reply(401, { code: "NOT_AUTHENTICATED" });
}

await serve((event) => limited(limit, event, status));
