//! Fuzz targets that take any bytes as input. Each target reads the bytes as a function does, and panics if the outcome
//! is wrong.
//!
//! `cargo test -p fuzz` tries each file in `__fuzz__/NAME/corpus`, random bytes, and changed files of the corpus. A
//! failure prints the seed that repeats it. To run the same targets under libFuzzer, see
//! <https://camshaft.github.io/bolero/>.
//!
//! The keys in the corpus are all zeros and are used nowhere else.

mod client_address;
mod configuration;
mod cookie_header;
mod gateway_event;
mod login_body;
mod member_rows;
mod stored_items;
mod wire;

use bolero::ValueGenerator;
use shared::timestamp::Timestamp;
use std::fs;
use std::path::Path;

/// The time of all inputs.
const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

macro_rules! targets {
    ($($module:ident::$name:ident,)*) => { $(
        #[test]
        fn $name() {
            bolero::check!().with_iterations(100).for_each($module::$name);
            // Random bytes are hardly ever JSON or a signed cookie. libFuzzer does not run this part.
            let changed = changed(stringify!($name));
            bolero::check!().with_generator(changed).with_iterations(400).for_each(|it: &Vec<u8>| $module::$name(it));
        }
    )* };
}

targets!(
    client_address::client_address,
    configuration::origins,
    configuration::quota,
    cookie_header::cookie_header,
    gateway_event::gateway_event,
    login_body::login_body,
    member_rows::member_rows,
    stored_items::key_ring,
    stored_items::member_item,
    stored_items::session_item,
);

/// A file of the target's corpus, in which a part of another file replaces up to 15 bytes.
fn changed(target: &str) -> impl ValueGenerator<Output = Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("__fuzz__").join(target).join("corpus");
    let paths = fs::read_dir(folder).expect("a corpus").map(|entry| entry.unwrap().path());
    let files: Vec<_> = paths.map(|path| fs::read(path).unwrap()).collect();
    let part = || (0..files.len(), 0..10_000_usize, 0..16_usize);
    (part(), part()).map_gen(move |(removed, added)| {
        let range = |(file, start, length): (usize, usize, usize)| {
            let start = start % (files[file].len() + 1);
            start..files[file].len().min(start + length)
        };
        let mut input = files[removed.0].clone();
        input.splice(range(removed), files[added.0][range(added)].iter().copied());
        input
    })
}
