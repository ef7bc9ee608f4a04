//! The columns of a file: from its heading, or in the default order.

use csv::StringRecord;

/// The positions of the columns, from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    pub(crate) email: usize,
    pub(crate) hash: usize,
    pub(crate) id: Option<usize>,
}

/// The columns of a file without a heading.
impl Default for Columns {
    fn default() -> Self {
        Self { email: 0, hash: 1, id: Some(2) }
    }
}

/// The content of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Email,
    Hash,
    Id,
}

/// Headings of exports from Rails, Devise, Django, Laravel, `WordPress`, Spring and Auth0. Case, spaces and punctuation
/// are ignored.
const HEADINGS: [(&str, Column); 15] = [
    ("email", Column::Email),
    ("email_address", Column::Email),
    ("mail", Column::Email),
    ("user_email", Column::Email),
    ("hash", Column::Hash),
    ("password_hash", Column::Hash),
    ("hashed_password", Column::Hash),
    ("password_digest", Column::Hash),
    ("encrypted_password", Column::Hash),
    ("bcrypt", Column::Hash),
    ("password", Column::Hash),
    ("user_pass", Column::Hash),
    ("id", Column::Id),
    ("user_id", Column::Id),
    ("member_id", Column::Id),
];

/// The known headings, for messages.
pub(crate) fn known_headings() -> String {
    HEADINGS.map(|(name, _)| name).join(", ")
}

/// Why a heading cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeading {
    /// A column has an unknown name. Such a column may mark members who must not log in.
    #[error("the heading of column {column}{name} is not known: remove the lines of members who must not log in, if it names them, and then the column; or rename it to one of: {}", known_headings(), name = quoted(.name))]
    Unknown {
        /// The column's number, from 1.
        column: usize,
        /// The column's name.
        name: String,
    },
    /// Two columns have the same kind.
    #[error("columns {0} and {1} have headings of the same meaning: remove one of them")]
    Twice(usize, usize),
    /// A required column is missing.
    #[error("no heading says where the {0} are: name that column one of: {known}", known = known_headings())]
    Missing(&'static str),
}

/// Quotes a short name of plain characters. Returns nothing for any other text, which could be a secret in the wrong
/// place.
pub(crate) fn quoted(name: &str) -> String {
    let is_name = name.len() <= 30 && name.chars().all(|c| c.is_ascii_alphanumeric() || " _-.".contains(c));
    if is_name && !name.is_empty() { format!(", \"{name}\",") } else { String::new() }
}

impl Columns {
    /// The columns that the heading names, or `None` if the line is not a heading. A heading has at least one known
    /// name, and no field that looks like an email or a hash.
    pub(crate) fn from_heading(fields: &StringRecord) -> Result<Option<Self>, InvalidHeading> {
        let is_data = fields.iter().any(|field| field.contains(['@', '$']));
        if is_data || !fields.iter().any(|field| column(field).is_some()) {
            return Ok(None);
        }
        let mut places = [None; 3];
        for (place, field) in fields.iter().enumerate().filter(|(_, field)| !field.is_empty()) {
            let unknown = || InvalidHeading::Unknown { column: place + 1, name: field.to_owned() };
            let kind = column(field).ok_or_else(unknown)?;
            if let Some(earlier) = places[kind as usize].replace(place) {
                return Err(InvalidHeading::Twice(earlier + 1, place + 1));
            }
        }
        let [email, hash, id] = places;
        let email = email.ok_or(InvalidHeading::Missing("emails"))?;
        let hash = hash.ok_or(InvalidHeading::Missing("hashes"))?;
        Ok(Some(Self { email, hash, id }))
    }

    /// The email, the hash and the member id (or an empty text) of a line. `None` if a field is missing, or
    /// if a field outside these columns is not empty.
    pub(crate) fn pick<'a>(&self, fields: &'a StringRecord) -> Option<[&'a str; 3]> {
        let own = [Some(self.email), Some(self.hash), self.id];
        let mut others = fields.iter().enumerate().filter(|&(place, _)| !own.contains(&Some(place)));
        if others.any(|(_, field)| !field.is_empty()) {
            return None;
        }
        let id = self.id.and_then(|place| fields.get(place)).unwrap_or_default();
        Some([fields.get(self.email)?, fields.get(self.hash)?, id])
    }
}

fn column(heading: &str) -> Option<Column> {
    let name = letters(heading);
    HEADINGS.iter().find(|(known, _)| letters(known) == name).map(|&(_, column)| column)
}

fn letters(heading: &str) -> String {
    heading.to_ascii_lowercase().replace([' ', '_', '-', '.'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(heading: &str) -> Result<Option<[Option<usize>; 3]>, InvalidHeading> {
        let columns = Columns::from_heading(&heading.split(',').collect())?;
        Ok(columns.map(|columns| [Some(columns.email), Some(columns.hash), columns.id]))
    }

    #[test]
    fn columns_are_found_in_any_order() {
        assert_eq!(read("Email,Hash"), Ok(Some([Some(0), Some(1), None])));
        assert_eq!(read("user_id,E-Mail,encrypted_password"), Ok(Some([Some(1), Some(2), Some(0)])));
        assert_eq!(read("password digest,email address,"), Ok(Some([Some(1), Some(0), None])));
    }

    #[test]
    fn a_line_with_an_email_or_a_hash_is_not_a_heading() {
        for line in ["ada@example.com,password", "email,$2b$10$x", "ada,secret", ""] {
            assert_eq!(read(line), Ok(None), "{line}");
        }
    }

    #[test]
    fn an_unusable_heading_is_an_error_with_its_reason() {
        let unknown = read("email,hash,created_at").unwrap_err();
        assert!(unknown.to_string().starts_with("the heading of column 3, \"created_at\", is not known: "));
        let secret = "5f4dcc3b5aa765d61d8327deb882cf99";
        assert!(!read(&format!("email,{secret}")).unwrap_err().to_string().contains(secret));
        assert_eq!(read("email,mail,hash"), Err(InvalidHeading::Twice(1, 2)));
        assert_eq!(read("id,hash"), Err(InvalidHeading::Missing("emails")));
        assert_eq!(read("email,id"), Err(InvalidHeading::Missing("hashes")));
    }
}
