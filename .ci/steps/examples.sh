#!/usr/bin/env bash
# The examples website and sign-up pass their tests, and the programs in the documents run.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
npm test --silent --prefix examples/website
need_ministack
need_node
python .ci/shared/website.py
build_programs
python .ci/shared/programs.py
(cd examples/sign-up && sam build) > "$tools/sign-up.log" 2>&1 || { cat "$tools/sign-up.log"; exit 1; }
npm install --silent --no-audit --no-fund --prefix examples/sign-up
LOCAL_SERVER=$PWD/target/debug/local MEMBERS=$PWD/target/debug/members npm test --silent --prefix examples/sign-up
