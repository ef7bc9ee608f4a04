//! The parts of `openapi.yaml` that the tests read.

use super::Operation;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::BTreeMap;

/// The document as written. Paths refer to path items, and path items refer to responses.
#[derive(Deserialize)]
pub(super) struct Source {
    pub(super) info: Info,
    paths: BTreeMap<String, Reference>,
    pub(super) components: Components,
}

#[derive(Deserialize)]
pub(super) struct Info {
    pub(super) version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Components {
    path_items: BTreeMap<String, PathItem>,
    pub(super) responses: BTreeMap<String, ResponseSource>,
    headers: BTreeMap<String, OwnHeader>,
    pub(super) schemas: Value,
}

#[derive(Deserialize)]
pub(super) struct Reference {
    #[serde(rename = "$ref")]
    target: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathItem {
    #[serde(rename = "parameters")]
    _parameters: Option<IgnoredAny>,
    get: OperationSource,
    post: OperationSource,
    delete: OperationSource,
}

#[derive(Deserialize)]
struct OperationSource {
    responses: BTreeMap<String, Reference>,
}

#[derive(Deserialize)]
pub(super) struct ResponseSource {
    pub(super) headers: BTreeMap<String, HeaderSource>,
    pub(super) content: BTreeMap<String, Content>,
}

#[derive(Deserialize)]
pub(super) struct Content {
    pub(super) schema: Value,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum HeaderSource {
    Shared(Reference),
    Own(OwnHeader),
}

#[derive(Deserialize)]
pub(super) struct OwnHeader {
    #[serde(default)]
    pub(super) required: bool,
    pub(super) schema: Value,
}

impl Source {
    /// Each method and path, with the names of its responses by their status.
    pub(super) fn operations(&self) -> impl Iterator<Item = (Operation, BTreeMap<u64, String>)> {
        self.paths.iter().flat_map(|(path, reference)| {
            let PathItem { get, post, delete, .. } = &self.components.path_items[reference.name()];
            [("GET", get), ("POST", post), ("DELETE", delete)]
                .map(|(method, operation)| ((method.to_owned(), path.clone()), operation.responses()))
        })
    }

    /// A header, by reference or written in place.
    pub(super) fn header<'a>(&'a self, header: &'a HeaderSource) -> &'a OwnHeader {
        match header {
            HeaderSource::Own(header) => header,
            HeaderSource::Shared(reference) => &self.components.headers[reference.name()],
        }
    }
}

impl OperationSource {
    fn responses(&self) -> BTreeMap<u64, String> {
        let response = |(status, response): (&String, &Reference)| {
            (status.parse().expect("a status"), response.name().to_owned())
        };
        self.responses.iter().map(response).collect()
    }
}

impl Reference {
    fn name(&self) -> &str {
        self.target.rsplit('/').next().unwrap_or_default()
    }
}
