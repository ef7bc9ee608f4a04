//! Characters that draw nothing.

use icu_properties::props::{BinaryProperty, DefaultIgnorableCodePoint, EnumeratedProperty, GeneralCategory};

/// Draws nothing, although no property of Unicode says so.
const BRAILLE_BLANK: char = '\u{2800}';

/// Whether `c` draws nothing, or only changes how others are drawn: zero-width and bidirectional characters, variation
/// selectors, fillers. White space and control characters are not among them.
pub fn is_invisible(c: char) -> bool {
    c == BRAILLE_BLANK
        || DefaultIgnorableCodePoint::for_char(c)
        || GeneralCategory::for_char(c) == GeneralCategory::Format
}
