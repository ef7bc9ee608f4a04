#!/usr/bin/env bash
# The tests that use the database pass on DynamoDB Local.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_node
port=$(free_port)
# The server listens on every address, and no option changes that. So it must end with this step. The run is too short
# for the JVM's optimizing compiler to pay off. The server starts in its own folder, because it leaves a file there.
(
    cd "$tools/npm/package/emulator"
    exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.library.path=DynamoDBLocal_lib \
        -jar DynamoDBLocal.jar -inMemory -disableTelemetry -port "$port" > /dev/null
) &
serving "$port"
TEST_DYNAMODB_ENDPOINT=http://127.0.0.1:$port \
    cargo test --workspace --locked --test commands --test contract --test database --test races
