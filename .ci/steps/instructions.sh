#!/usr/bin/env bash
# The numbers of instructions of a cold start and of a hash are within their limits.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_debian valgrind:valgrind
build_programs
# The function that is measured is optimized like a release.
CARGO_PROFILE_RELEASE_LTO=fat cargo build --release --locked --quiet --package login
target/debug/bench check target/release
