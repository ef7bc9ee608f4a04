// Routes of the application: sign up, and change the password.

import { Problem, jsonObject, success } from "./http.js";
import { members } from "./members.js";

const ROUTES = {
  "POST /members": signUp,
  "PUT /password": changePassword,
};

/** Answers an event of API Gateway's HTTP API (payload format 2.0). */
export async function handler(event) {
  try {
    const route = ROUTES[event.routeKey];
    if (!route) throw new Problem(404, "NOT_FOUND");
    return await route(event);
  } catch (error) {
    if (error instanceof Problem) return error.response();
    // Log only the error's name, because its message could contain parts of the request.
    console.error(JSON.stringify({ level: "ERROR", event: "internal_server_error", reason: error.name }));
    return new Problem(500, "INTERNAL_SERVER_ERROR").response();
  }
}

/**
 * Adds a member. The response reveals whether the email already belongs to a member. An application that must not
 * reveal this sends a mail with a link first, answers 202 in every case, and adds the member when the link is opened.
 */
async function signUp(event) {
  const { email, password } = texts(event, ["email", "password"]);
  const { memberId } = await done({ action: "add", email, password });
  return success(201, { memberId });
}

/** Changes the password of the member who is logged in. This ends all sessions, so the page asks for a login. */
async function changePassword(event) {
  // The gateway calls this function only after the authorizer has identified the member.
  const memberId = Number(event.requestContext.authorizer.lambda.memberId);
  const { currentPassword, password } = texts(event, ["currentPassword", "password"]);
  await done({ action: "setPassword", memberId, currentPassword, password });
  return success(200, {});
}

/**
 * Returns the body, in which each of these fields is a string. Without this check, a missing `currentPassword` would be
 * left out of the request to the members function, which would then not verify the current password.
 */
function texts(event, names) {
  const body = jsonObject(event);
  const missing = names.find((name) => typeof body[name] !== "string");
  if (missing) throw new Problem(400, "INVALID_REQUEST", { detail: `${missing} must be a string` });
  return body;
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

/** Sends a request to the members function. Returns the response to a success, and throws a `Problem` otherwise. */
async function done(request) {
  const { error, ...more } = await members(request);
  if (error) throw new Problem(STATUS[error] ?? 500, error, more);
  return more;
}
