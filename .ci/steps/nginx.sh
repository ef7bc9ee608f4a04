#!/usr/bin/env bash
# The API works behind nginx as docs/trusted-proxy.md sets it up, in a browser too.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
need_debian nginx:nginx-light chromium:chromium,fonts-liberation chromedriver:chromium-driver
REQUIRE_BROWSER=1 REQUIRE_NGINX=1 cargo test --workspace --locked --test browser behind_nginx -- --nocapture
