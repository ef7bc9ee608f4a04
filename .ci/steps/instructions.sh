#!/usr/bin/env bash
# The numbers of instructions of a cold start and of a hash are within their limits.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_debian valgrind:valgrind
build_programs
need_packages
target/debug/bench check .aws-sam/build
