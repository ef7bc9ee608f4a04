//! What a browser gets that is not a response of the API: the page to try it with, or your site.

mod notice;
pub(crate) mod page;
pub(crate) mod site;
pub(crate) mod wrong_address;
