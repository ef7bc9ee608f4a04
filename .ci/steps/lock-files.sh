#!/usr/bin/env bash
# The lock file outside the workspace is up to date.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
# That of the workspace is --locked in the other steps.
cargo update --quiet --workspace --locked --manifest-path tests/bench/naive/Cargo.toml
