#!/usr/bin/env bash
# The functions are packaged as for Lambda, except that the linker does not optimize them.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_python
# All in one call, so that two cores work; then `sam build` finds them built.
cargo-lambda lambda build --release --locked --quiet \
    --bin authorizer --bin example --bin login --bin logout --bin members-function --bin status
for project in . examples/protected-route; do
    (cd "$project" && sam build) > "$tools/build.log" 2>&1 || { cat "$tools/build.log"; exit 1; }
done
