#!/usr/bin/env bash
# A release archive deploys without Rust, and works with the permissions of its roles.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_ministack
need_cyclonedx
build_programs
need_packages
# Building the release's command line would take minutes, so the archive gets a debug build.
export MEMBERS=target/debug/members
python .ci/shared/deploy.py "$(deploy/release "$(sed -n '0,/^version = /s/^version = "\(.*\)"/\1/p' Cargo.toml)")"
