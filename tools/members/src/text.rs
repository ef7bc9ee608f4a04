//! Text for a terminal, without control or invisible characters.

/// Whether `c` is invisible but can change how text is shown: control characters, including C1 and DEL; format
/// characters, such as bidirectional overrides and zero-width spaces; line and paragraph separators.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || shared::members::is_invisible(c)
}

/// `text` with invisible characters written as `\u{202e}`, for a terminal.
pub(crate) fn for_terminal(text: &str) -> String {
    let show = |c: char| if is_unprintable(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(show).collect()
}

/// The JSON text `json` with invisible characters written as `\u202e`. It is the same JSON (RFC 8259, section
/// 7), because these characters can only be inside strings: each record is one line.
pub(crate) fn ascii_invisibles(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unprintable(c) {
            text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text
}

/// A number of lines, in the singular or plural: `1 line`, `2 lines`.
pub(crate) fn lines(number: u64) -> String {
    if number == 1 { "1 line".to_owned() } else { format!("{number} lines") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_marks_of_any_script_stay() {
        assert_eq!(for_terminal("o'brien@ब्लॉग.example"), "o'brien@ब्लॉग.example");
    }

    /// Control characters, those with Unicode's property `Bidi_Control`, and others that hide text.
    #[test]
    fn every_control_bidirectional_or_zero_width_character_is_escaped() {
        let bidi = ['\u{61c}', '\u{200e}', '\u{200f}'].into_iter();
        let bidi = bidi.chain('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
        let hidden =
            ['\u{ad}', '\u{200b}', '\u{200d}', '\u{2028}', '\u{2029}', '\u{2060}', '\u{feff}', '\u{e0041}'];
        let controls = ('\0'..=char::MAX).filter(|c| c.is_control());
        for c in controls.chain(bidi).chain(hidden) {
            let text = format!("a{c}b");
            assert!(!for_terminal(&text).contains(c), "{c:?}");
            let json = ascii_invisibles(&serde_json::to_string(&text).unwrap());
            assert!(!json.contains(c), "{c:?}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
