#!/usr/bin/env bash
# cargo-deny accepts the licences, crates and sources of the dependencies.
# shellcheck source=.ci/shared/step.sh
source "$(dirname "$0")/../shared/step.sh"
need_python
cargo fetch --quiet --locked # cargo-deny reads the crates of every platform, without the network
cargo-deny --offline --locked check --hide-inclusion-graph bans licenses sources
