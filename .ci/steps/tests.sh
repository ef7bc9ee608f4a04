#!/usr/bin/env bash
# All tests pass, including those in a browser, and print no secret.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_debian chromium:chromium,fonts-liberation chromedriver:chromium-driver
log=$tools/tests.log
{
    cargo test --workspace --locked -- --nocapture
    # The step `proxies` runs the tests in `behind_proxy`.
    cargo test --workspace --locked --test browser -- --nocapture --ignored --skip behind_proxy
} 2>&1 | tee "$log"
# shellcheck disable=SC2016 # the dollar signs are part of a hash
if grep -nE 'enchantress|sorceress|\$2[aby]\$|argon2id|__Host-|@example\.com|@tozo\.invalid' "$log"; then
    echo "a password, hash, cookie or email was printed" >&2
    exit 1
fi
