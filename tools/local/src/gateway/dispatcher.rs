//! Sends a request to a file, or to a function behind the gateway.

use crate::error::Error;
use crate::gateway::cors::Cors;
use crate::gateway::cross_site::CrossSite;
use crate::gateway::event::event;
use crate::gateway::functions::Functions;
use crate::gateway::peer::Peer;
use crate::gateway::{self, GatewayError};
use crate::options::Options;
use crate::pages::page;
use crate::pages::site::Site;
use crate::pages::wrong_address::{self, Hosts};
use aws_sdk_dynamodb::Client;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::Response;
use shared::config::Environment;
use shared::timestamp::Timestamp;

/// Answers every request to the server's port.
pub(crate) struct Dispatcher {
    url: String,
    functions: Functions,
    cors: Option<Cors>,
    cross_site: CrossSite,
    files: Files,
}

/// The files for the paths that have no route.
pub(crate) enum Files {
    /// The page for trying the API.
    Page,
    /// The folder of `--site`.
    Site(Site),
}

impl Files {
    /// The files that the options ask for.
    pub(crate) fn open(options: &Options) -> Result<Self, Error> {
        options.site.as_deref().map_or(Ok(Self::Page), |folder| Site::open(folder).map(Self::Site))
    }
}

impl Dispatcher {
    /// Starts the functions for a server at `url`.
    pub(crate) async fn start(
        url: &str,
        files: Files,
        environment: &Environment,
        dynamodb: &Client,
    ) -> Result<Self, Error> {
        Ok(Self {
            url: url.to_owned(),
            functions: Functions::start(environment, dynamodb).await?,
            cors: Cors::new(environment),
            cross_site: CrossSite::new(url, environment),
            files,
        })
    }

    /// The response to any request.
    ///
    /// Over HTTPS, `Strict-Transport-Security` is left out. A browser that trusts the certificate would apply the
    /// header to all ports of `localhost`, and refuse the developer's other servers that speak HTTP.
    pub(crate) async fn respond(&self, request: Request, peer: Peer) -> Response {
        let mut response = self.dispatch(request, peer).await.unwrap_or_else(Response::from);
        if peer.scheme == "https" {
            response.headers_mut().remove(header::STRICT_TRANSPORT_SECURITY);
        }
        response
    }

    /// Checks the request as the gateway does, and calls the function of its route, or serves a file.
    async fn dispatch(&self, request: Request, peer: Peer) -> Result<Response, GatewayError> {
        let (head, body) = request.into_parts();
        gateway::check(&head)?;
        if let Some(preflight) = self.cors.as_ref().and_then(|cors| cors.preflight(&head)) {
            return Ok(preflight);
        }
        let Some(route) = self.functions.route(&head.method, head.uri.path()) else {
            return self.file(head).await.ok_or(GatewayError::NotFound);
        };
        let body = gateway::read(body).await?;
        let now = Timestamp::now();
        let event = event(route, &head, &body, peer, now);
        let event = if route.is_protected { self.functions.authorize(event, now).await? } else { event };
        let returned = self.functions.respond(route, &event, now).await;
        self.cross_site.log_hint(&head.headers, &returned);
        let mut response = gateway::response(returned)?;
        if let Some(cors) = &self.cors {
            cors.add_to(&head, &mut response);
        }
        Ok(response)
    }

    async fn file(&self, head: Parts) -> Option<Response> {
        if head.method != Method::GET && head.method != Method::HEAD {
            return None;
        }
        match &self.files {
            Files::Page => self.wrong_address(&head, Hosts::Any).or_else(|| page::respond(&head)),
            Files::Site(site) => match self.wrong_address(&head, Hosts::ThisMachine) {
                Some(page) => Some(page),
                None => Some(site.respond(head).await),
            },
        }
    }

    fn wrong_address(&self, head: &Parts, hosts: Hosts) -> Option<Response> {
        wrong_address::respond(head, hosts, &self.url)
    }
}
