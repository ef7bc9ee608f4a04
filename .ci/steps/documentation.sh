#!/usr/bin/env bash
# rustdoc has nothing to say against the comments.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
cargo doc --workspace --no-deps --locked --quiet
