#!/usr/bin/env bash
# The Rust code passes clippy without warnings.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
cargo clippy --workspace --all-targets --locked -- -D warnings
