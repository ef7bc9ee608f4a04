//! What API Gateway says about a request in its request context, in either payload format, and what a trusted proxy
//! says.

use http::{HeaderValue, header};
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

/// The gateway's id of the request.
pub(crate) fn request_id(request: &Request) -> Option<&str> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.request_id.as_deref(),
        RequestContext::ApiGatewayV1(context) => context.request_id.as_deref(),
        _ => None,
    }
}

/// What a trusted proxy says about a request. [`super::proxy::TrustedProxy`] puts it among the request's extensions.
#[derive(Clone, Debug)]
pub(super) struct Forwarded {
    /// The address of the proxy's client.
    pub(super) client_ip: Option<HeaderValue>,
    /// The host to which the client sent the request.
    pub(super) host: Option<HeaderValue>,
}

/// The client's address, as it is written by the trusted proxy, or else by the gateway.
pub(crate) fn client_ip(request: &Request) -> Option<&str> {
    match request.extensions().get::<Forwarded>() {
        Some(forwarded) => forwarded.client_ip.as_ref()?.to_str().ok(),
        None => source_ip(request),
    }
}

/// The host to which the client sent the request.
pub(crate) fn host(request: &Request) -> Option<&str> {
    let host = match request.extensions().get::<Forwarded>() {
        Some(forwarded) => forwarded.host.as_ref(),
        None => request.headers().get(header::HOST),
    };
    host?.to_str().ok()
}

/// The address of the gateway's peer.
fn source_ip(request: &Request) -> Option<&str> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref(),
        RequestContext::ApiGatewayV1(context) => context.identity.source_ip.as_deref(),
        _ => None,
    }
}

/// The stage, which payload format 2.0 puts before the path unless it is `$default`.
pub(crate) fn stage(request: &Request) -> Option<&str> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.stage.as_deref(),
        _ => None,
    }
}
