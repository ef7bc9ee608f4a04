#!/usr/bin/env bash
# The tests about the database pass on DynamoDB Local.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_node
port=$(free_port)
# It listens on every address, which the tool cannot change, so it ends with this step. It runs too short for
# what the JVM's better compiler makes of it, and leaves a file where it starts.
(
    cd "$tools/npm/package/emulator"
    exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.library.path=DynamoDBLocal_lib \
        -jar DynamoDBLocal.jar -inMemory -disableTelemetry -port "$port" > /dev/null
) &
serving "$port"
TEST_DYNAMODB_ENDPOINT=http://127.0.0.1:$port \
    cargo test --workspace --locked --test commands --test contract --test database --test races
