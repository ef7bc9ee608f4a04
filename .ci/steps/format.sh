#!/usr/bin/env bash
# The Rust code is formatted.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
cargo fmt --all --check
