# What a contributor runs. `just` alone lists it.

_list:
    @just --list

# The whole API on http://localhost:9000
run *options:
    cargo run -- {{options}}

# All tests, or those whose name contains something
test *name:
    cargo test --workspace --locked {{name}}

# Format and lint as CI does
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets --locked -- -D warnings

# The documentation, in a browser
doc:
    cargo doc --workspace --no-deps --locked --open

# Members and their sessions on the local server: just members list
members *arguments:
    cargo run -p members -- --local {{arguments}}

# The functions under cargo lambda; paste the lines of `cargo run -- --dynamodb-only` first
watch:
    cargo lambda watch -A 127.0.0.1 -P 9001

# The tables of docs/performance.md, or one: just measure cold
measure *options:
    cargo measure {{options}}

# The black-box tests against a deployment: just deployed https://…/sessions
deployed url:
    API_URL={{url}} cargo test -p tests --locked --test deployed -- --nocapture

# The packages that are deployed
build:
    sam build

# Everything that has to pass before a change goes in, or some steps of it: just ci lints tests
ci *steps:
    .ci/run {{steps}}
