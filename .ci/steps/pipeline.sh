#!/usr/bin/env bash
# The pipeline brings one build to staging and production, and stops at staging with a bad one.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_ministack
build_programs
need_packages
python .ci/shared/pipeline.py
