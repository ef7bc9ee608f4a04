//! The parts of a request's expressions on which permissions depend.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>

use serde_json::Value;

/// Keywords, in any case of letters. A word before a parenthesis is a function and not in this list.
const KEYWORDS: [&str; 9] = ["ADD", "AND", "BETWEEN", "DELETE", "IN", "NOT", "OR", "REMOVE", "SET"];

/// An expression with the names and values that it refers to.
pub(super) struct Expression<'a> {
    text: &'a str,
    request: &'a Value,
}

impl<'a> Expression<'a> {
    /// The expression in this field of a request, if there is one.
    pub(super) fn of(request: &'a Value, field: &str) -> Option<Self> {
        request[field].as_str().map(|text| Self { text, request })
    }

    /// The attributes at the top of an item that the expression names.
    pub(super) fn attributes(&self) -> Vec<String> {
        let tokens = self.tokens();
        let followers = tokens.iter().skip(1).map(Some).chain([None]);
        let words = tokens.iter().zip(followers).filter(|(_, next)| next.is_none_or(|next| next != "("));
        words.filter_map(|(word, _)| self.attribute(word)).collect()
    }

    /// The value that the attribute must equal: `attribute = :value`.
    pub(super) fn equals(&self, attribute: &str) -> Option<&'a Value> {
        let tokens = self.tokens();
        let equation =
            tokens.windows(3).find(|it| it[1] == "=" && self.attribute(&it[0]).as_deref() == Some(attribute));
        Some(&self.request["ExpressionAttributeValues"][&equation?[2]])
    }

    /// Words and single signs. A path is one word with its dots, up to an index.
    fn tokens(&self) -> Vec<String> {
        let mut tokens: Vec<String> = Vec::new();
        let mut continues = false;
        for character in self.text.chars() {
            let is_letter = character.is_alphanumeric() || "_.#:".contains(character);
            match tokens.last_mut() {
                Some(word) if is_letter && continues => word.push(character),
                _ if character.is_whitespace() => {}
                _ => tokens.push(character.into()),
            }
            continues = is_letter;
        }
        tokens
    }

    /// The attribute that a word stands for, if it is one: the first part of its path.
    fn attribute(&self, word: &str) -> Option<String> {
        let first = word.split('.').next().unwrap_or_default();
        let is_name = first.starts_with(|it: char| it.is_alphabetic() || it == '_');
        let is_keyword = KEYWORDS.iter().any(|keyword| first.eq_ignore_ascii_case(keyword));
        let plain = Some(first).filter(|_| is_name && !is_keyword);
        plain.or_else(|| self.request["ExpressionAttributeNames"][first].as_str()).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(text: &str) -> Value {
        json!({
            "Text": text,
            "ExpressionAttributeNames": { "#k": "member_id", "#n": "name" },
            "ExpressionAttributeValues": { ":k": { "N": "7" }, ":t": { "N": "9" } },
        })
    }

    #[test]
    fn attributes_are_names_without_keywords_functions_and_values() {
        for (text, attributes) in [
            ("SET tat = tat-:t, expires_at=:k", &["tat", "tat", "expires_at"][..]),
            ("set epoch = if_not_exists(epoch, :t) REMOVE #n", &["epoch", "epoch", "name"]),
            ("attribute_not_exists(tat) OR tat <= :t AND NOT disabled IN (:t)", &["tat", "tat", "disabled"]),
            ("#k, address.city, tags[0].word, #n.first", &["member_id", "address", "tags", "name"]),
            ("size(email) BETWEEN :k and :t", &["email"]),
        ] {
            let request = request(text);
            let named = Expression::of(&request, "Text").unwrap().attributes();
            assert_eq!(named, attributes, "{text}");
        }
    }

    #[test]
    fn a_key_equals_a_value() {
        for text in ["#k=:k AND session > :t", "session > :t and member_id = :k", "( #k = :k )"] {
            let request = request(text);
            let expression = Expression::of(&request, "Text").unwrap();
            assert_eq!(expression.equals("member_id"), Some(&json!({ "N": "7" })), "{text}");
            assert_eq!(expression.equals("session"), None, "{text}");
        }
    }
}
