// Tests the pages. They must work under a Content-Security-Policy without 'unsafe-inline'.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");

test("no page has a script or a style in it, or asks another origin for one", () => {
  for (const page of ["../site/index.html", "../site/login/index.html"]) {
    const html = read(page);
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|javascript:/);
    for (const [, attributes, content] of html.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)) {
      assert.match(attributes, / src="\/[\w.]+"/);
      assert.equal(content, "");
    }
    for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g)) assert.match(address, /^(\/(?!\/)|mailto:)/);
  }
});

test("password managers find a form with the fields that they know", () => {
  const html = read("../site/login/index.html");
  assert.match(html, /<form [^>]*method="post"/);
  assert.match(html, /name="email"[^>]*autocomplete="username"/);
  assert.match(html, /name="password" type="password" autocomplete="current-password"/);
});

test("no file has a path that goes to an API", () => {
  const patterns = [...read("../template.yaml").matchAll(/PathPattern: (\S+)\*/g)].map(([, beginning]) => beginning);
  assert.deepEqual(patterns, ["/sessions", "/sign-up/", "/app/"]);
  for (const path of readdirSync(new URL("../site", import.meta.url), { recursive: true })) {
    for (const beginning of patterns) assert.ok(!`/${path}`.startsWith(beginning), `/${path} would go to an API`);
  }
});
