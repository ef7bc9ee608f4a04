#!/usr/bin/env bash
# The scripts pass shellcheck.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_python
shellcheck --external-sources .ci/run .ci/shared/*.sh .ci/steps/*.sh deploy/architecture deploy/pipeline deploy/release
