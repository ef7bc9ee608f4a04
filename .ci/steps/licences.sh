#!/usr/bin/env bash
# cargo-deny accepts the licences, crates and sources of the dependencies.
# shellcheck source=.ci/step.sh
source "$(dirname "$0")/../step.sh"
need_python
cargo fetch --quiet --locked # of every platform: cargo-deny looks at all, and offline
cargo-deny --offline --locked check --hide-inclusion-graph bans licenses sources
