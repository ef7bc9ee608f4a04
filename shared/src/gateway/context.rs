//! What API Gateway says about a request in its request context, in either payload format.

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

/// The address of the gateway's peer, as the gateway writes it.
pub(crate) fn source_ip(request: &Request) -> Option<&str> {
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
