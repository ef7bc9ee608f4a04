#!/usr/bin/env bash
# The Rust code is formatted.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
cargo fmt --all --check
