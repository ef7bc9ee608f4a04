#!/usr/bin/env bash
# The packages work where they are deployed.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
need_python
build_programs
need_packages
python .ci/deploy.py
