#!/usr/bin/env bash
# Comments, messages and documents have no phrase that has to be read twice.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
python3 .ci/plain_english.py
