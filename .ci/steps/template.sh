#!/usr/bin/env bash
# The templates pass SAM's lint and, as they are deployed, cfn-lint and tests of what they must say.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
need_python
for template in template.yaml examples/*/template.yaml; do
    sam validate --lint --template "$template"
done
python .ci/check_template.py
python .ci/template_test.py
