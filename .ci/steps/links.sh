#!/usr/bin/env bash
# Links and pointers inside the repository lead somewhere.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
python3 .ci/links_test.py
python3 .ci/links.py
