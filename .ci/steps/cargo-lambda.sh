#!/usr/bin/env bash
# The scenarios of the contract pass on cargo lambda.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
need_python
build_programs
cargo build --locked --quiet # what cargo lambda would compile on the first request
database=$(free_port)
environment=$tools/environment
rm -f "$environment"
env "${quick[@]}" target/debug/local --dynamodb-only --port "$database" > "$environment" &
serving "$database"
# The server prints the environment some time after it listens, and all at once.
until [ -s "$environment" ]; do
    kill -0 "$!" 2> /dev/null || { echo "the database ended" >&2; exit 1; }
    sleep 0.1
done
port=$(free_port)
log=$tools/watch.log
(
    # shellcheck disable=SC1090 # the local server writes this file
    source "$environment"
    exec env "${quick[@]}" \
        cargo-lambda lambda watch -A 127.0.0.1 -P "$port" --ignore-changes --disable-cors --concurrency 4
) > "$log" 2>&1 &
serving "$port"
deployed_suite "$port" || { cat "$log"; exit 1; }
