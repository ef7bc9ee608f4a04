#!/usr/bin/env bash
# The website's tests in Node and its stack pass, and those of sign-up on the local server.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
npm test --silent --prefix examples/website
need_ministack
python .ci/website.py
build_programs
npm install --silent --no-audit --no-fund --no-package-lock --prefix examples/sign-up
LOCAL_SERVER=$PWD/target/debug/local npm test --silent --prefix examples/sign-up
