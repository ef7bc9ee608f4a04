#!/usr/bin/env bash
# The local server responds to requests from openapi.yaml, made by schemathesis, as the document says.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_python
build_programs
port=$(free_port)
BCRYPT_COST=10 LOGIN_QUOTA=100000/60 STATUS_QUOTA=100000/60 ACCOUNT_QUOTA=100000/60 \
    target/debug/local --port "$port" > /dev/null 2> "$tools/local.log" &
serving "$port"
schemathesis --config-file .ci/shared/schemathesis.toml run openapi.yaml --url "http://127.0.0.1:$port"
