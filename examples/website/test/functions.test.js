// Tests the CloudFront Functions with events in the form that AWS documents:
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const write = (path, text) => writeFileSync(new URL(path, import.meta.url), text);

// Runs a function's file as CloudFront does: calls its `handler` with an event.
function run(file, event) {
  return runInNewContext(`${read(file)}\nhandler(event)`, { event });
}

const api = (event) => run("../cloudfront/api-request.js", event);
const site = (event) => run("../cloudfront/site-request.js", event);

function event({ ip = "198.51.100.11", method = "GET", uri = "/", query, headers = {}, cookies = {} } = {}) {
  return {
    version: "1.0",
    context: {
      distributionDomainName: "d111111abcdef8.cloudfront.net",
      distributionId: "EDFDVBD6EXAMPLE",
      eventType: "viewer-request",
      requestId: "EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE==",
    },
    viewer: { ip },
    request: {
      method,
      uri,
      querystring: { all: { value: "true" } },
      rawQueryString: () => query,
      headers: { host: { value: "app.example.com" }, "user-agent": { value: "curl/8.5.0" }, ...headers },
      cookies,
    },
  };
}

test("the API is told the viewer's address, of both families, and the host that the viewer asked for", () => {
  for (const ip of ["198.51.100.11", "2001:db8:85a3::8a2e:370:7334"]) {
    const { headers } = api(event({ ip, method: "POST", uri: "/sessions/" }));
    assert.deepEqual({ ...headers["x-proxy-client-ip"] }, { value: ip });
    assert.deepEqual({ ...headers["x-proxy-host"] }, { value: "app.example.com" });
  }
});

test("what a viewer sends under those names is gone, repeated headers too", () => {
  const forged = { value: "203.0.113.9", multiValue: [{ value: "203.0.113.9" }, { value: "evil.test" }] };
  const headers = { "x-proxy-client-ip": forged, "x-proxy-host": forged, "x-forwarded-for": { value: "203.0.113.9" } };
  const request = api(event({ uri: "/sessions/", headers }));
  assert.equal(JSON.stringify(request.headers["x-proxy-client-ip"]), '{"value":"198.51.100.11"}');
  assert.equal(JSON.stringify(request.headers["x-proxy-host"]), '{"value":"app.example.com"}');
});

test("the rest of a request to the session API stays as it is", () => {
  const sent = { method: "DELETE", uri: "/sessions/", cookies: { "__Host-Http-session": { value: "opaque" } } };
  const request = api(event(sent));
  const { headers, ...rest } = event(sent).request;
  assert.equal(JSON.stringify({ ...request, headers: undefined }), JSON.stringify(rest));
  assert.deepEqual(Object.keys(request.headers).sort(), [...Object.keys(headers), "x-proxy-client-ip", "x-proxy-host"].sort());
});

test("the APIs of /app/* and /sign-up/* get their own routes", () => {
  const paths = { "/app/example": "/example", "/sign-up/members": "/members", "/app/": "/", "/app/app/x": "/app/x", "/sessions/app/": "/sessions/app/" };
  for (const [uri, expected] of Object.entries(paths)) assert.equal(api(event({ uri })).uri, expected);
});

test("a folder is shown by its index.html", () => {
  const paths = { "/": "/index.html", "/login/": "/login/index.html", "/login.js": "/login.js", "/a.b/c/": "/a.b/c/index.html" };
  for (const [uri, expected] of Object.entries(paths)) assert.equal(site(event({ uri })).uri, expected);
});

test("a folder without its slash is redirected on the same host, whatever the path", () => {
  for (const uri of ["/login", "//evil.test/login", "/\\evil", "/a.b/c"]) {
    const response = site(event({ uri }));
    assert.equal(response.statusCode, 307);
    assert.equal(response.headers.location.value, `https://app.example.com${uri}/`);
    assert.equal(new URL(response.headers.location.value).host, "app.example.com");
  }
});

test("the redirect to a folder keeps the query", () => {
  const to = (query) => site(event({ uri: "/login", query })).headers.location.value;
  assert.equal(to("next=%2Fx&y=1"), "https://app.example.com/login/?next=%2Fx&y=1");
  assert.equal(to(""), "https://app.example.com/login/");
});

test("the template has the functions as they are in their files", () => {
  const template = read("../template.yaml");
  let made = template;
  for (const [name, file] of [["ApiRequest", "api-request.js"], ["SiteRequest", "site-request.js"]]) {
    const code = read(`../cloudfront/${file}`).replace(/^(?=.)/gm, " ".repeat(8));
    const place = new RegExp(`(  ${name}:\\n(?:    .*\\n)*?      FunctionCode: \\|\\n)(?:        .*\\n|\\n(?=        ))*`);
    assert.match(made, place);
    made = made.replace(place, (_, before) => before + code);
  }
  if (process.env.UPDATE === "1") write("../template.yaml", made);
  else assert.equal(template, made, "run UPDATE=1 npm test");
});
