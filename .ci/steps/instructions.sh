#!/usr/bin/env bash
# A cold start and a hash take no more instructions than they did.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_debian valgrind:valgrind
build_programs
cargo build --release --locked --quiet --package authorizer --package login
target/debug/bench check target/release
