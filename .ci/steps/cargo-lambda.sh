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
log=$tools/watch.log
(
    # shellcheck disable=SC1091 # the local server writes this file
    source "$tools/environment"
    exec env "${quick[@]}" \
        cargo-lambda lambda watch -A 127.0.0.1 -P "$port" --ignore-changes --disable-cors --concurrency 4
) > "$log" 2>&1 &
serving "$port"
# A function starts with its first request, by `cargo run`, which waits while another step builds. The suite gives
# each request a minute, so the functions start before it.
for method in POST DELETE GET; do
    curl --silent --output /dev/null --max-time 600 --request "$method" "http://127.0.0.1:$port/sessions/"
done
deployed_suite "$port" || { cat "$log"; exit 1; }
