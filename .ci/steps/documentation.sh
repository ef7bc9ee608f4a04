#!/usr/bin/env bash
# rustdoc passes without warnings.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
cargo doc --workspace --no-deps --locked --quiet
