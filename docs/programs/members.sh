echo violet-harbour-93 | cargo run -p members -- --local add ada@example.com --password-stdin
cargo run -p members -- --local list
cargo run -p members -- --local find ada@example.com
echo quiet-lantern-408 | cargo run -p members -- --local set-password ada@example.com --password-stdin
cargo run -p members -- --local set-email ada@example.com ada@example.org
cargo run -p members -- --local sessions ada@example.org
cargo run -p members -- --local end-sessions ada@example.org
cargo run -p members -- --local disable ada@example.org
cargo run -p members -- --local enable ada@example.org
cargo run -p members -- --local remove ada@example.org --yes
cargo run -p members -- --local check
