#!/usr/bin/env bash
# The lock files outside the workspace are up to date.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
# Those of the workspace are --locked in the other steps.
for manifest in fuzz/Cargo.toml tests/bench/naive/Cargo.toml; do
    cargo update --quiet --workspace --locked --manifest-path "$manifest"
done
