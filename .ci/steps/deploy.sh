#!/usr/bin/env bash
# The archive of a release deploys without Rust, and works with the permissions of its roles.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_ministack
need_cyclonedx
build_programs
need_packages
# The release's own build of the command line would take minutes.
export MEMBERS=target/debug/members
python .ci/shared/deploy.py "$(deploy/release "$(sed -n '0,/^version = /s/^version = "\(.*\)"/\1/p' Cargo.toml)")"
