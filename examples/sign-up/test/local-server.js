// The session API on this machine, and what the gateway does before a route of the application.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Starts the local server on a free port: the program that LOCAL_SERVER names, or `cargo run`. */
export async function start() {
  const arguments_ = ["--port", "0"];
  const [program, first] = process.env.LOCAL_SERVER
    ? [process.env.LOCAL_SERVER, []]
    : ["cargo", ["run", "--quiet", "--"]];
  const env = { ...process.env, BCRYPT_COST: "10", LOGIN_QUOTA: "1000/60", STATUS_QUOTA: "1000/60" };
  const stdio = ["ignore", "pipe", process.env.SHOW_LOG ? "inherit" : "ignore"];
  const server = spawn(program, [...first, ...arguments_], { cwd: ROOT, env, stdio });
  for await (const line of createInterface({ input: server.stdout })) {
    const url = line.match(/http:\/\/localhost:\d+/)?.[0];
    if (url) return new LocalServer(server, url);
  }
  throw new Error("the local server did not start");
}

class LocalServer {
  constructor(process_, url) {
    this.process = process_;
    this.url = url;
  }

  stop() {
    this.process.kill();
  }

  /** Logs in; the answer's status and the session's cookie. */
  async logIn(email, password) {
    const response = await fetch(`${this.url}/sessions/`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
    return { status: response.status, cookie: cookies.find((cookie) => cookie.startsWith("__Host-Http-session=")) };
  }

  /** Who the cookie's session is of: the status, and the body with the member's number. */
  async whoAmI(cookie) {
    const response = await fetch(`${this.url}/sessions/`, { headers: { cookie } });
    return { status: response.status, body: await response.json() };
  }

  /** The event of a route behind the authorizer, as the gateway makes it for a live session. */
  async authorized(routeKey, cookie, body) {
    const { status, body: session } = await this.whoAmI(cookie);
    if (status !== 200) throw new Error(`the gateway would refuse this request: ${status}`);
    return { ...event(routeKey, body), requestContext: { authorizer: { lambda: { memberId: session.memberId } } } };
  }
}

/** The event of an open route. */
export function event(routeKey, body) {
  return {
    version: "2.0",
    routeKey,
    headers: { "content-type": "application/json" },
    requestContext: {},
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}
