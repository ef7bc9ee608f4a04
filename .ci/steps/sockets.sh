#!/usr/bin/env bash
# The scenarios of the contract pass over HTTP on the local server, twice.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
build_programs
port=$(free_port)
env "${quick[@]}" target/debug/local --port "$port" > /dev/null 2> "$tools/local.log" &
serving "$port"
deployed_suite "$port"
deployed_suite "$port" # the suite is safe to repeat
