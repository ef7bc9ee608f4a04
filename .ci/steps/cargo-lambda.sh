#!/usr/bin/env bash
# The scenarios of the contract pass on cargo lambda.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
need_python
build_programs
cargo build --locked --quiet # what cargo lambda would compile on the first request
database=$(free_port)
env "${quick[@]}" target/debug/local --dynamodb-only --port "$database" > "$tools/environment" &
serving "$database"
port=$(free_port)
(
    # shellcheck disable=SC1091 # the local server writes this file
    source "$tools/environment"
    exec env "${quick[@]}" \
        cargo-lambda lambda watch -A 127.0.0.1 -P "$port" --ignore-changes --disable-cors --concurrency 4
) > "$tools/watch.log" 2>&1 &
serving "$port"
deployed_suite "$port"
