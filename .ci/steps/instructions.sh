#!/usr/bin/env bash
# A cold start and a hash take no more instructions than they did.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_debian valgrind:valgrind
build_programs
need_packages
target/debug/bench check .aws-sam/build
