//! Words that an attacker tries first, because the email and the site's name contain them.

use crate::members::Email;
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;

/// The words of an email, with its domain in ASCII and in Unicode, and the words of the site's name.
pub(super) struct KnownWords(HashSet<Vec<char>>);

/// Shorter words occur in many passwords by chance.
const SHORTEST_WORD: usize = 4;

/// Longer words need no check: no password has more characters, because bcrypt reads 72 bytes.
const LONGEST_WORD: usize = 72;

impl KnownWords {
    pub(super) fn new(email: &Email, site_name: &str) -> Self {
        let (local, domain) = email.as_str().rsplit_once('@').unwrap_or((email.as_str(), ""));
        let in_unicode = format!("{local}@{}", idna::domain_to_unicode(domain).0);
        Self([email.as_str(), &in_unicode, site_name].into_iter().flat_map(runs).collect())
    }

    /// `password` without these words in any spelling: in any case, with or without accents and separators.
    pub(super) fn cut_from(&self, password: &str) -> String {
        let (places, letters): (Vec<_>, Vec<_>) =
            password.char_indices().flat_map(|(place, c)| folded(c).map(move |c| (place, c))).unzip();
        let mut is_cut = HashSet::<usize>::new();
        for start in 0..letters.len() {
            for end in start + SHORTEST_WORD..=letters.len() {
                if self.0.contains(&letters[start..end]) {
                    is_cut.extend(&places[start..end]);
                }
            }
        }
        password.char_indices().filter(|(place, _)| !is_cut.contains(place)).map(|(_, c)| c).collect()
    }
}

/// The words of `text`, and all runs of adjacent words joined into one.
fn runs(text: &str) -> Vec<Vec<char>> {
    let words = words(text);
    let from = |start: usize| {
        let mut run = Vec::new();
        words[start..].iter().map_while(move |word| {
            run.extend(word);
            (run.len() <= LONGEST_WORD).then(|| run.clone())
        })
    };
    (0..words.len()).flat_map(from).filter(|run| run.len() >= SHORTEST_WORD).collect()
}

/// The words of `text`: runs of letters, and runs of digits.
fn words(text: &str) -> Vec<Vec<char>> {
    let chars: Vec<_> = text.nfc().collect();
    let same_kind = |a: &char, b: &char| a.is_alphanumeric() && kind(*a) == kind(*b);
    chars.chunk_by(same_kind).map(|word| word.iter().copied().flat_map(folded).collect()).collect()
}

fn kind(c: char) -> (bool, bool) {
    (c.is_alphabetic(), c.is_numeric())
}

/// `c` in lower case without its accents; empty for a separator.
fn folded(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c).nfkd().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}
