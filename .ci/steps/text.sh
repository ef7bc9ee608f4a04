#!/usr/bin/env bash
# Text is plain English, links lead somewhere, and no module of shared uses a higher layer.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
python3 -m doctest .ci/text.py
python3 .ci/text.py
