//! Which responses are filtered as lists, and the handling of those that cannot be filtered.

use std::convert::Infallible;

use auth_core::layer::AuthLayer;
use auth_core::operation::RequestBody;
use auth_core::policy::{OperationPolicy, RequireScopes};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt};

use crate::support::{StoppedClock, provider};

const LIST: &str = r#"{"result":{"tools":[{"name":"add"},{"name":"delete_note"}]}}"#;
const FILTERED: &str = r#"{"result":{"cacheScope":"private","tools":[{"name":"add"}]}}"#;
const ERROR: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"The server's list cannot be read"}}"#;

const LISTING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add"}}"#;

/// The response of the inner service.
#[derive(Clone, Copy)]
struct InnerResponse {
    status: u16,
    content_type: Option<&'static [u8]>,
    encoding: Option<&'static str>,
    body: &'static str,
}

const JSON: InnerResponse = InnerResponse {
    status: 200,
    content_type: Some(b"application/json"),
    encoding: None,
    body: LIST,
};

/// The headers and the body that a caller without access to `delete_*` receives. `x-accepted` repeats the
/// `Accept-Encoding` that the inner service has received.
async fn response_to(
    sent: InnerResponse,
    filters: bool,
    request: (Method, &str, &str),
) -> (HeaderMap, String) {
    let operations = OperationPolicy::builder()
        .tool("delete_*", RequireScopes::new(["write"]).unwrap())
        .exempt_path("/other");
    let operations = if filters {
        operations.filter_lists()
    } else {
        operations
    };
    let layer = AuthLayer::builder(provider())
        .clock(StoppedClock)
        .operations(operations.build().unwrap())
        .build()
        .unwrap();
    let inner = tower::service_fn(move |request: Request<RequestBody<String>>| {
        let mut response = Response::builder()
            .status(sent.status)
            .header("content-length", sent.body.len());
        for (name, value) in [
            ("content-type", sent.content_type),
            ("content-encoding", sent.encoding.map(str::as_bytes)),
        ] {
            if let Some(value) = value {
                response = response.header(name, value);
            }
        }
        if let Some(accepted) = request.headers().get("accept-encoding") {
            response = response.header("x-accepted", accepted);
        }
        let response = response.body(Full::<Bytes>::from(sent.body)).unwrap();
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let (method, path, message) = request;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", "Bearer good.read")
        .header("accept-encoding", "gzip")
        .body(message.to_owned())
        .unwrap();
    let (parts, body) = layer
        .layer(inner)
        .oneshot(request)
        .await
        .unwrap()
        .into_parts();
    assert_eq!(parts.status, sent.status);
    let body = body.collect().await.unwrap().to_bytes();
    (parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_list_is_filtered_or_replaced_by_an_error() {
    let json = JSON.content_type;
    let stream = InnerResponse {
        content_type: Some(b"text/event-stream"),
        body: r#"data: {"result":{"tools":[{"name":"add"},{"name":"delete_note"}]}}

"#,
        ..JSON
    };
    let filtered_stream = format!("data: {FILTERED}\n\n");
    let of_type = |content_type| InnerResponse {
        content_type,
        ..JSON
    };
    let encoded = |encoding| InnerResponse {
        encoding: Some(encoding),
        ..JSON
    };
    let not_found = |sent| InnerResponse {
        status: 404,
        ..sent
    };
    let text = of_type(Some(b"text/plain"));
    for (name, sent, body, content_type, encoding) in [
        ("the control", JSON, FILTERED, json, None),
        (
            "the type in another form",
            of_type(Some(b"Application/JSON ; charset=utf-8")),
            FILTERED,
            Some(&b"Application/JSON ; charset=utf-8"[..]),
            None,
        ),
        (
            "a type of JSON",
            of_type(Some(b"application/problem+JSON")),
            FILTERED,
            Some(b"application/problem+JSON"),
            None,
        ),
        ("no type", of_type(None), FILTERED, None, None),
        ("another type", text, ERROR, json, None),
        (
            "a type with this prefix",
            of_type(Some(b"application/json5")),
            ERROR,
            json,
            None,
        ),
        (
            "a type that is not ASCII",
            of_type(Some(b"application/json; \xff")),
            ERROR,
            json,
            None,
        ),
        ("not encoded", encoded("Identity"), FILTERED, json, None),
        ("encoded", encoded("gzip"), ERROR, json, None),
        (
            "encoded, without a type",
            InnerResponse {
                content_type: None,
                ..encoded("gzip")
            },
            ERROR,
            None,
            None,
        ),
        (
            "a stream",
            stream,
            &filtered_stream,
            stream.content_type,
            None,
        ),
        (
            "an encoded stream",
            InnerResponse {
                encoding: Some("gzip"),
                ..stream
            },
            "",
            stream.content_type,
            None,
        ),
        (
            "a stream that is not encoded",
            InnerResponse {
                encoding: Some("identity"),
                ..stream
            },
            &filtered_stream,
            stream.content_type,
            Some("identity"),
        ),
        ("an error in JSON", not_found(JSON), FILTERED, json, None),
        (
            "an error without a type",
            not_found(of_type(None)),
            FILTERED,
            None,
            None,
        ),
        (
            "an error in a stream",
            not_found(stream),
            &filtered_stream,
            stream.content_type,
            None,
        ),
        (
            "an error as plain text",
            not_found(text),
            LIST,
            text.content_type,
            None,
        ),
        (
            "an encoded error as plain text",
            not_found(InnerResponse {
                encoding: Some("gzip"),
                ..text
            }),
            LIST,
            text.content_type,
            Some("gzip"),
        ),
    ] {
        let (headers, got) = response_to(sent, true, (Method::POST, "/mcp", LISTING)).await;
        assert_eq!(got, body, "{name}");
        let header = |name| headers.get(name).map(http::HeaderValue::as_bytes);
        assert_eq!(header("content-type"), content_type, "{name}");
        let encoding = encoding.map(str::as_bytes);
        assert_eq!(header("content-encoding"), encoding, "{name}");
        // Only an unchanged body certainly has its original length.
        let length = (body == LIST).then(|| LIST.len().to_string());
        let length = length.as_deref().map(str::as_bytes);
        assert_eq!(header("content-length"), length, "{name}");
    }
}

#[tokio::test]
async fn only_responses_with_lists_are_filtered_and_requested_without_compression() {
    let stream = InnerResponse {
        content_type: Some(b"text/event-stream"),
        body: r#"data: {"result":{"tools":[{"name":"delete_note"}]}}

"#,
        ..JSON
    };
    let post = |path, message| (Method::POST, path, message);
    let get = || (Method::GET, "/mcp", "");
    for (name, sent, filters, request, filtered, accepted) in [
        ("the control", JSON, true, post("/mcp", LISTING), true, None),
        (
            "lists are not filtered",
            JSON,
            false,
            post("/mcp", LISTING),
            false,
            Some("gzip"),
        ),
        (
            "an exempt path",
            JSON,
            true,
            post("/other", LISTING),
            false,
            Some("gzip"),
        ),
        (
            "another method",
            JSON,
            true,
            post("/mcp", CALL),
            false,
            Some("gzip"),
        ),
        (
            "another method, in a stream",
            stream,
            true,
            post("/mcp", CALL),
            false,
            Some("gzip"),
        ),
        // A resumed stream can repeat events of another one.
        ("a stream by itself", stream, true, get(), true, None),
        ("no stream by itself", JSON, true, get(), false, None),
    ] {
        let (headers, got) = response_to(sent, filters, request).await;
        assert_eq!(!got.contains("delete_note"), filtered, "{name}: {got}");
        let seen = headers.get("x-accepted").map(|seen| seen.to_str().unwrap());
        assert_eq!(seen, accepted, "{name}");
        let keeps_length = headers.contains_key("content-length");
        assert_eq!(keeps_length, !filtered, "{name}");
    }
}
