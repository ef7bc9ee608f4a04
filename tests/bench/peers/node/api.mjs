// Code that login and status share.
import { createHash } from "node:crypto";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { RateLimiterDynamo } from "rate-limiter-flexible";

export const client = new DynamoDB({}); // the limiter calls its methods;
export const { MEMBERS_TABLE, SESSIONS_TABLE, RATE_LIMITS_TABLE } = process.env;
export const COOKIE = "__Host-Http-session";

export const limiter = (keyPrefix, points) =>
  new RateLimiterDynamo({
    storeClient: client,
    tableName: RATE_LIMITS_TABLE,
    tableCreated: true,
    keyPrefix,
    points,
    duration: 60,
  });

export const sessionKey = (token) => createHash("sha256").update(token).digest("hex");

export async function limited(limiter, event, handler) {
  try {
    await limiter.consume(event.requestContext.http.sourceIp);
  } catch (refused) {
    if (refused instanceof Error) throw refused;
    return reply(429, { code: "TOO_MANY_REQUESTS" });
  }
  return handler(event);
}

export function reply(statusCode, body, cookies = []) {
  return { statusCode, headers: { "content-type": "application/json" }, cookies, body: JSON.stringify(body) };
}
