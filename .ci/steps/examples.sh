#!/usr/bin/env bash
# The examples' tests in Node pass: the website's functions and pages, and sign-up on the local server.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
npm test --silent --prefix examples/website
build_programs
npm install --silent --no-audit --no-fund --no-package-lock --prefix examples/sign-up
LOCAL_SERVER=$PWD/target/debug/local npm test --silent --prefix examples/sign-up
