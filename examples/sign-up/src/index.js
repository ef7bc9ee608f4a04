// Routes of the application: sign up, and change the password.

import { answer, jsonObject, problem } from "./http.js";
import { members } from "./members.js";

const ROUTES = {
  "POST /members": signUp,
  "PUT /password": changePassword,
};

/** Answers an event of API Gateway's HTTP API (payload format 2.0). */
export async function handler(event) {
  try {
    const route = ROUTES[event.routeKey];
    return route ? await route(event) : problem(404, "NOT_FOUND");
  } catch (error) {
    // The name only: a message could repeat what was sent.
    console.error(JSON.stringify({ level: "ERROR", event: "internal_server_error", reason: error.name }));
    return problem(500, "INTERNAL_SERVER_ERROR");
  }
}

/**
 * Adds a member. This answer tells whether an email has a member already. An application that must not tell sends a mail
 * with a link first, answers 202 in every case, and adds the member when the link is opened.
 */
async function signUp(event) {
  const body = jsonObject(event);
  if (!hasTexts(body, ["email", "password"])) return problem(400, "INVALID_REQUEST", { detail: "send an email and a password" });
  const { email, password } = body;
  const added = await members({ action: "add", email, password });
  return added.error ? refused(added) : answer(201, { memberId: added.memberId });
}

/** Changes the password of the member who is logged in. All sessions end, also this one: the page asks for a new login. */
async function changePassword(event) {
  // The gateway calls this route only after the authorizer named the member.
  const memberId = Number(event.requestContext.authorizer.lambda.memberId);
  const body = jsonObject(event);
  if (!hasTexts(body, ["currentPassword", "password"])) {
    return problem(400, "INVALID_REQUEST", { detail: "send the current password and the new password" });
  }
  const { currentPassword, password } = body;
  const set = await members({ action: "setPassword", memberId, currentPassword, password });
  return set.error ? refused(set) : answer(200, {});
}

/** Whether an object has a text in each of these fields. Without this check, a missing `currentPassword` would be left
 * out of the request, and the members function would not ask for one. */
function hasTexts(body, names) {
  return body !== undefined && names.every((name) => typeof body[name] === "string");
}

const STATUS = {
  INVALID_REQUEST: 400,
  INVALID_CREDENTIALS: 403, // not 401: the member is logged in
  NO_SUCH_MEMBER: 404,
  EMAIL_TAKEN: 409,
  WEAK_PASSWORD: 422,
  TOO_MANY_REQUESTS: 429,
  UNAVAILABLE: 503,
};

function refused({ error, ...more }) {
  return problem(STATUS[error] ?? 500, error, more);
}
