#!/usr/bin/env bash
# No module of shared uses a higher layer, and no crate a higher crate.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
python3 .ci/layers_test.py
python3 .ci/layers.py
