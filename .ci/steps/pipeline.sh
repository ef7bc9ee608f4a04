#!/usr/bin/env bash
# The pipeline deploys a good build to staging and production, and stops a bad build at staging.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_ministack
build_programs
need_packages
python .ci/shared/pipeline.py
