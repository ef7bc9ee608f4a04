#!/usr/bin/env bash
# The functions are packaged as for Lambda, but link-time optimization runs on GitHub only.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_python
# One call builds all functions, so that it can use two cores. `sam build` then finds them already built.
cargo-lambda lambda build --release --locked --quiet \
    --bin authorizer --bin example --bin login --bin logout --bin members-function --bin status
for project in . examples/protected-route; do
    (cd "$project" && sam build) > "$tools/build.log" 2>&1 || { cat "$tools/build.log"; exit 1; }
done
