//! The files beside the API: the try-out page, or your site.

mod notice;
pub(crate) mod page;
pub(crate) mod site;
pub(crate) mod wrong_address;
