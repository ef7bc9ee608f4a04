#!/usr/bin/env bash
# No dependency has a known vulnerability; needs the network.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_python
cargo-deny --locked check --hide-inclusion-graph advisories
