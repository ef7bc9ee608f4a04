//! The program as users run it, on an embedded `DynamoDB`.

mod emails;
mod import;
mod import_stopped;
mod local;
mod members;
mod passwords;
mod places;
mod program;
mod restore;
mod sessions;
mod throttling;
