//! A short run of all targets without a fuzzer, on the corpus of `cargo fuzz` and on changed copies of it.

use fuzz_targets::{TARGETS, Target};
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// The number of changed inputs of each target.
const CHANGED_INPUTS: usize = 2000;

/// A generator of the same numbers in every run: Marsaglia's xorshift64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

/// An input of the corpus with some bytes changed, removed, or replaced by a part of another input.
fn changed(corpus: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut input = numbers.pick(corpus).clone();
    for _ in 0..=numbers.below(4) {
        let start = numbers.below(input.len() + 1);
        let end = input.len().min(start + numbers.below(16));
        let other = numbers.pick(corpus);
        let from = numbers.below(other.len() + 1);
        let part = &other[from..other.len().min(from + numbers.below(16))];
        match numbers.below(3) {
            0 => drop(input.drain(start..end)),
            1 => drop(input.splice(start..end, part.iter().copied())),
            _ => input.iter_mut().skip(start).take(1).for_each(|byte| *byte ^= 1 << numbers.below(8)),
        }
    }
    input
}

fn tried(name: &str, target: Target, input: &[u8]) {
    let outcome = catch_unwind(|| target(input));
    assert!(outcome.is_ok(), "{name} fails at {:?}", String::from_utf8_lossy(input));
}

#[test]
fn nothing_in_the_corpus_and_nothing_like_it_panics() {
    let mut numbers = Numbers(0x5E55_1045);
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has a corpus");
        let changes = std::iter::repeat_with(|| changed(&corpus, &mut numbers)).take(CHANGED_INPUTS);
        for input in corpus.iter().cloned().chain(changes) {
            tried(name, target, &input);
        }
    }
}
