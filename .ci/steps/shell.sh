#!/usr/bin/env bash
# The scripts pass shellcheck.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
need_python
shellcheck --external-sources .ci/run .ci/*.sh .ci/steps/*.sh deploy/architecture deploy/pipeline deploy/release
