#!/usr/bin/env bash
# A cold start and a hash take no more instructions than they did.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_debian valgrind:valgrind
build_programs
# What is counted is optimized as a release is.
CARGO_PROFILE_RELEASE_LTO=fat cargo build --release --locked --quiet --package login
target/debug/bench check target/release
