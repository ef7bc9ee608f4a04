#!/usr/bin/env bash
# The tests about the database pass on DynamoDB Local.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
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
# Some tests are skipped because they say nothing about the database: the table of faults, which is about the wire; how
# requests, cookies and hashes are read; what the documents list. Others are skipped because they take long: the tests
# with hundreds of guesses, which make the same calls as those with fifty.
TEST_DYNAMODB_ENDPOINT=http://127.0.0.1:$port \
    cargo test --workspace --locked \
    --test commands --test contract --test database --test faults --test races \
    -- --skip each_fault_of_each_call --skip a_cookie_with_any_changed_byte --skip no_cookie_header_whatever \
    --skip admit_640_guesses --skip lock_out:: --skip cross_site:: --skip document:: \
    --skip events:: --skip failed_logins:: --skip login_body:: --skip proxy::
