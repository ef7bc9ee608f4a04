// Serves the example on this machine: its pages and its function. Other requests go to the local session API, which
// also serves the site of examples/website.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { createInterface } from "node:readline";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

// Quotas that no manual test reaches, and the fastest hashes.
const ENVIRONMENT = { BCRYPT_COST: "10", LOGIN_QUOTA: "1000/60", STATUS_QUOTA: "1000/60" };

const PAGES = {
  "/join/": ["join/index.html", "text/html; charset=utf-8"],
  "/password/": ["password/index.html", "text/html; charset=utf-8"],
  "/account-form.js": ["account-form.js", "text/javascript"],
};

const ROUTES = { "POST /sign-up/members": "POST /members", "PUT /sign-up/password": "PUT /password" };

/** Starts everything. Returns the address for a browser (`url`) and the `members` option for the tables (`tables`). */
export async function start(port = 0) {
  const sessionApi = await startSessionApi();
  const { handler } = await importHandler(sessionApi.url);
  const server = http.createServer((request, response) => {
    respond(request, response, { handler, sessionApi }).catch(() => response.writeHead(502).end());
  });
  server.listen(port, "localhost");
  await once(server, "listening");
  const stop = () => {
    sessionApi.process.kill();
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://localhost:${server.address().port}`, tables: sessionApi.tables, stop };
}

// Starts the local server: the program that LOCAL_SERVER names, or `cargo run`.
async function startSessionApi() {
  const site = ["--port", "0", "--site", "examples/website/site"];
  const { LOCAL_SERVER, SHOW_LOG } = process.env;
  const [program, arguments_] = LOCAL_SERVER ? [LOCAL_SERVER, site] : ["cargo", ["run", "--", ...site]];
  const options = { cwd: ROOT, env: { ...process.env, ...ENVIRONMENT }, stdio: ["ignore", "pipe", "pipe"] };
  const child = spawn(program, arguments_, options);
  child.stderr.pipe(process.stderr);
  let url;
  for await (const line of createInterface({ input: child.stdout })) {
    url ??= line.match(/^http:\S+/)?.[0];
    const tables = line.match(/--local=\S+/)?.[0];
    if (!tables) continue;
    child.stdout.resume();
    if (!SHOW_LOG) child.stderr.unpipe(process.stderr).resume();
    return { process: child, url, tables };
  }
  throw new Error("the session API did not start");
}

function importHandler(url) {
  Object.assign(process.env, {
    MEMBERS_FUNCTION: "members",
    AWS_ENDPOINT_URL_LAMBDA: url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  });
  return import("../src/index.js");
}

async function respond(request, response, { handler, sessionApi }) {
  const { pathname } = new URL(request.url, "http://localhost");
  const routeKey = ROUTES[`${request.method} ${pathname}`];
  if (routeKey) return send(response, await invoke(request, routeKey, { handler, sessionApi }));
  if (PAGES[pathname]) return sendPage(response, PAGES[pathname], sessionApi.url);
  return forward(request, response, sessionApi.url);
}

// Like API Gateway, runs the authorizer before the function of a protected route. The local server's route /example is
// behind the authorizer and returns the member id.
async function invoke(request, routeKey, { handler, sessionApi }) {
  const requestContext = {};
  if (routeKey === "PUT /password") {
    const authorized = await fetch(`${sessionApi.url}/example`, { headers: { cookie: request.headers.cookie ?? "" } });
    const body = await authorized.text();
    if (!authorized.ok) return { statusCode: authorized.status, headers: { "content-type": "application/json" }, body };
    requestContext.authorizer = { lambda: { memberId: JSON.parse(body).hello } };
  }
  const body = (await buffer(request)).toString();
  return handler({ version: "2.0", routeKey, headers: request.headers, requestContext, body, isBase64Encoded: false });
}

function send(response, { statusCode, headers, body }) {
  response.writeHead(statusCode, headers).end(body);
}

// Sends a page with the same Content-Security-Policy as the rest of the site.
async function sendPage(response, [file, type], siteUrl) {
  const body = await readFile(new URL(`../page/${file}`, import.meta.url));
  const site = await fetch(siteUrl, { method: "HEAD" });
  const policy = site.headers.get("content-security-policy");
  const headers = { "content-type": type, "cache-control": "no-store", "content-security-policy": policy };
  send(response, { statusCode: 200, headers, body });
}

async function forward(request, response, url) {
  const { method, headers } = request;
  const upstream = http.request(url, { method, headers, path: request.url });
  request.pipe(upstream);
  const [answer] = await once(upstream, "response");
  response.writeHead(answer.statusCode, answer.headers);
  answer.pipe(response);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url, stop } = await start(9100);
  console.log(`${url}/join/`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
}
