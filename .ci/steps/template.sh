#!/usr/bin/env bash
# The templates pass SAM's lint. After SAM's transform, they pass cfn-lint and our own tests.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_python
for template in template.yaml examples/*/template.yaml; do
    sam validate --lint --template "$template"
done
python .ci/shared/check_template.py
python .ci/shared/template_test.py
