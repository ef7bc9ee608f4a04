#!/usr/bin/env bash
# The GitHub workflows pass actionlint and zizmor, and run every step.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_python
actionlint
zizmor --offline --quiet .github/workflows
# A step that is missing in ci.yml would not run on GitHub.
diff <(.ci/run --list | awk '{ print $1 }' | sort) \
    <(sed -n 's/^ *steps: \([a-z].*\)/\1/p' .github/workflows/ci.yml | tr ' ' '\n' | sort) ||
    { echo "left: the steps of .ci/run; right: those of .github/workflows/ci.yml" >&2; exit 1; }
