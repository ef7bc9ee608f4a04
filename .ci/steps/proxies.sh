#!/usr/bin/env bash
# The API works behind nginx, Caddy and HAProxy as docs/hosting-a-site.md sets them up, including in a browser.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_debian nginx:nginx-light caddy:caddy haproxy:haproxy chromium:chromium,fonts-liberation chromedriver:chromium-driver
cargo test --workspace --locked --test browser behind_proxy -- --nocapture --include-ignored
