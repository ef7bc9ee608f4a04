//! Invisible characters.

use icu_properties::props::{BinaryProperty, DefaultIgnorableCodePoint, EnumeratedProperty, GeneralCategory};

/// A blank braille pattern. It is invisible, although no Unicode property says so.
const BRAILLE_BLANK: char = '\u{2800}';

/// Whether `c` is invisible, or only changes how other characters are drawn: zero-width and bidirectional characters,
/// variation selectors, fillers. White space and control characters do not count.
pub fn is_invisible(c: char) -> bool {
    c == BRAILLE_BLANK
        || DefaultIgnorableCodePoint::for_char(c)
        || GeneralCategory::for_char(c) == GeneralCategory::Format
}
