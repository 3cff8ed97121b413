//! The one file that knows wiremock: mounts the issuer on a mock server.

use std::net::TcpListener;
use std::sync::Arc;

use auth_core::Clock;
use http::header::CONTENT_TYPE;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::issuer::Issuer;
use crate::issuer::reply::Reply;

/// wiremock tries mocks from 1 to 255; an author's default is 5. The observer comes before, to see
/// also what other mocks answer, and the issuer after, to answer what no other mock does.
const OBSERVER: u8 = 1;
const ISSUER: u8 = 255;

pub(crate) async fn mount(
    issuer: &Arc<Issuer>,
    clock: &Arc<dyn Clock>,
    listener: TcpListener,
) -> MockServer {
    // Never a server of wiremock's pool: its port stays open after the test. And wiremock must not
    // record: it prints what it recorded, secrets and all, when an expectation fails.
    let server = MockServer::builder()
        .listener(listener)
        .disable_request_recording()
        .start()
        .await;
    let observer = Arc::clone(issuer);
    Mock::given(move |request: &wiremock::Request| {
        observer.observe(&convert(request));
        false
    })
    .respond_with(ResponseTemplate::new(500))
    .with_priority(OBSERVER)
    .mount(&server)
    .await;
    let (issuer, clock) = (Arc::clone(issuer), Arc::clone(clock));
    Mock::given(any())
        .respond_with(move |request: &wiremock::Request| {
            template(&issuer.handle(&convert(request), clock.now()))
        })
        .with_priority(ISSUER)
        .mount(&server)
        .await;
    server
}

fn convert(request: &wiremock::Request) -> http::Request<Vec<u8>> {
    let mut converted = http::Request::new(request.body.clone());
    *converted.method_mut() = request.method.clone();
    *converted.uri_mut() = request
        .url
        .as_str()
        .parse()
        .expect("a url that came over http is a uri");
    *converted.headers_mut() = request.headers.clone();
    converted
}

fn template(reply: &Reply) -> ResponseTemplate {
    let mut headers = reply.headers().clone();
    let mime = headers.remove(CONTENT_TYPE);
    let mut template = ResponseTemplate::new(reply.status());
    for (name, value) in &headers {
        template = template.append_header(name, value);
    }
    match mime.as_ref().and_then(|mime| mime.to_str().ok()) {
        Some(mime) => template.set_body_raw(reply.body().clone(), mime),
        None => template,
    }
}
