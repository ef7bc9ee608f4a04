#!/usr/bin/env bash
# The packages work where sam deploys them, and need each permission.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
need_ministack
build_programs
need_packages
python .ci/deploy.py
