#!/usr/bin/env bash
# Text is plain English, links have a target, and no module of shared uses a higher layer.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
python3 -m doctest .ci/shared/text.py
python3 .ci/shared/text.py
