//! The loopback listener that receives the redirect (RFC 8252 section 7.3).
//!
//! It is not an axum router: sizes, times and the number of connections are bounded here, since every program of this
//! machine can connect.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
};
use url::Url;

use super::{
    authorization_response::{AuthorizationResponse, Expected, InvalidResponse},
    page,
};
use crate::{error::ClientError, options::CallbackHost};

/// The path of the redirect URI.
pub const CALLBACK_PATH: &str = "/auth/callback";

/// The port that is tried first, so that the registration of an earlier login, which names it, can be used again.
pub const PREFERRED_PORT: u16 = 8000;

/// A redirect is one short GET; a longer request does not come from an authorization server.
const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_CONNECTIONS: usize = 32;
const CONNECTION_TIME: Duration = Duration::from_secs(10);
/// How long the page may take to reach the browser once the login has its response.
const FLUSH_TIME: Duration = Duration::from_secs(2);

/// Listening sockets for one login; dropping it closes them.
#[derive(Debug)]
pub(super) struct CallbackListener {
    listeners: Vec<TcpListener>,
    redirect: Url,
}

impl CallbackListener {
    /// Listens on `port` of loopback; without one on port 8000, or on any free port when that is taken.
    ///
    /// # Errors
    ///
    /// [`ClientError::CallbackPortTaken`] when `port` is in use,
    /// [`ClientError::CallbackListener`] when loopback cannot be used at all.
    pub(super) async fn open(host: CallbackHost, port: Option<u16>) -> Result<Self, ClientError> {
        let listeners = match port {
            Some(port) => bind(port).await.map_err(|error| taken(port, &error))?,
            None => match bind(PREFERRED_PORT).await {
                Ok(listeners) => listeners,
                Err(_) => bind_free()
                    .await
                    .map_err(|error| ClientError::CallbackListener(error.to_string()))?,
            },
        };
        let port = match listeners.first().map(TcpListener::local_addr) {
            Some(Ok(address)) => address.port(),
            Some(Err(error)) => return Err(ClientError::CallbackListener(error.to_string())),
            None => {
                return Err(ClientError::CallbackListener("it has no address".into()));
            }
        };
        Ok(Self {
            listeners,
            redirect: redirect_uri(host, port)?,
        })
    }

    /// The redirect URI to register and to send.
    pub(super) const fn redirect_uri(&self) -> &Url {
        &self.redirect
    }

    /// Waits for the first redirect with the state of this login. All others get an error page.
    ///
    /// # Errors
    ///
    /// [`ClientError::Timeout`] when none came in time, [`ClientError::Callback`] when it came from another issuer than
    /// that of this login (RFC 9207 section 2.4).
    pub(super) async fn wait(
        self,
        expected: Expected,
        timeout: Duration,
    ) -> Result<AuthorizationResponse, ClientError> {
        let (sender, mut receiver) = oneshot::channel();
        let handler = Arc::new(RedirectHandler {
            redirect: self.redirect,
            expected,
            sender: Mutex::new(Some(sender)),
        });
        let mut connections = JoinSet::new();
        let accepting = async {
            loop {
                let stream = accept(&self.listeners).await;
                // Finished connections are removed first; a connection beyond the limit is dropped.
                while connections.try_join_next().is_some() {}
                if let Ok(stream) = stream
                    && connections.len() < MAX_CONNECTIONS
                {
                    connections.spawn(serve(stream, Arc::clone(&handler)));
                }
            }
        };
        let response = tokio::select! {
            response = &mut receiver => response.ok(),
            () = tokio::time::sleep(timeout) => None,
            never = accepting => never,
        };
        // A response that arrived with the time limit got the page of a success, so it is used.
        receiver.close();
        let response = response.or_else(|| receiver.try_recv().ok());
        drop(self.listeners);
        // The page may not have reached the browser yet.
        let _ = tokio::time::timeout(FLUSH_TIME, async {
            while connections.join_next().await.is_some() {}
        })
        .await;
        match response {
            Some(Ok(response)) => Ok(response),
            Some(Err(why)) => Err(why.into()),
            None => Err(ClientError::Timeout {
                seconds: timeout.as_secs(),
            }),
        }
    }
}

/// The redirect URI for a loopback port. The listener serves both addresses of `localhost`, whatever the host is.
///
/// # Errors
///
/// None in practice: it is a URL for every port.
pub(super) fn redirect_uri(host: CallbackHost, port: u16) -> Result<Url, ClientError> {
    Url::parse(&format!("http://{host}:{port}{CALLBACK_PATH}"))
        .map_err(|error| ClientError::Usage(error.to_string()))
}

/// Serves the requests of one login.
struct RedirectHandler {
    redirect: Url,
    expected: Expected,
    /// None once the login has its response.
    sender: Mutex<Option<oneshot::Sender<ReadResponse>>>,
}

type ReadResponse = Result<AuthorizationResponse, InvalidResponse>;

impl RedirectHandler {
    fn respond(&self, request: &Request<Incoming>) -> Response<String> {
        if request.uri().path() != self.redirect.path() {
            return html(StatusCode::NOT_FOUND, page::not_found());
        }
        if request.method() != Method::GET {
            return html(StatusCode::METHOD_NOT_ALLOWED, page::wrong_method());
        }
        let mut received = self.redirect.clone();
        received.set_query(request.uri().query());
        let read = match self.other_host(request) {
            Some(host) if self.expected.is_state_of(&received) => {
                let mut place = self.redirect.clone();
                let _ = place.set_host(Some(&host));
                Err(self.expected.moved(&self.redirect, place.as_str()))
            }
            _ => AuthorizationResponse::read(&received, &self.expected),
        };
        let page = page::for_response(&read);
        if read.as_ref().is_err_and(|why| !why.ends_login()) {
            return html(StatusCode::BAD_REQUEST, page);
        }
        let status = match read {
            Ok(_) => StatusCode::OK,
            Err(_) => StatusCode::BAD_REQUEST,
        };
        // Only the first response is used.
        match self.take_sender().map(|sender| sender.send(read)) {
            Some(Ok(())) => html(status, page),
            _ => html(StatusCode::GONE, page::too_late()),
        }
    }

    /// The host that the browser was sent to, if it is not that of the redirect URI.
    fn other_host(&self, request: &Request<Incoming>) -> Option<String> {
        let host = request.headers().get(header::HOST)?.to_str().ok()?;
        let url = Url::parse(&format!("http://{host}/")).ok()?;
        let host = url.host_str()?;
        (self.redirect.host_str() != Some(host)).then(|| host.to_owned())
    }

    fn take_sender(&self) -> Option<oneshot::Sender<ReadResponse>> {
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.take()
    }
}

async fn serve(stream: TcpStream, handler: Arc<RedirectHandler>) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = handler.respond(&request);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(CONNECTION_TIME)
        .max_buf_size(MAX_HEAD_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A browser may close the connection at any time.
    let _ = tokio::time::timeout(CONNECTION_TIME, connection).await;
}

fn html(status: StatusCode, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, page::POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The URL of this page contains the code.
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn accept(listeners: &[TcpListener]) -> io::Result<TcpStream> {
    match listeners {
        [first, second, ..] => tokio::select! {
            accepted = first.accept() => accepted,
            accepted = second.accept() => accepted,
        },
        [only] => only.accept().await,
        [] => std::future::pending().await,
    }
    .map(|(stream, _)| stream)
}

/// Binds both loopback addresses, because a browser may resolve `localhost` to either. A machine without IPv6 has one;
/// a port that another program has on either of them counts as taken.
async fn bind(port: u16) -> io::Result<Vec<TcpListener>> {
    let v4 = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let port = v4.local_addr()?.port();
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
        Ok(v6) => Ok(vec![v4, v6]),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        Err(_) => Ok(vec![v4]),
    }
}

async fn bind_free() -> io::Result<Vec<TcpListener>> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    // The port that the system chose for IPv4 can be taken for IPv6.
    for _ in 0..16 {
        match bind(0).await {
            Ok(listeners) => return Ok(listeners),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn taken(port: u16, error: &io::Error) -> ClientError {
    if error.kind() == io::ErrorKind::AddrInUse {
        ClientError::CallbackPortTaken { port }
    } else {
        ClientError::CallbackListener(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        task::JoinHandle,
    };

    use rmcp::transport::auth::AuthorizationMetadata;

    use super::*;

    const STATE: &str = "the-state-of-this-login";
    const ISSUER: &str = "https://as.example.com";

    /// The metadata promises that responses name the issuer.
    fn expected() -> Expected {
        let mut metadata = AuthorizationMetadata::default();
        metadata.issuer = Some(ISSUER.into());
        metadata.additional_fields.insert(
            "authorization_response_iss_parameter_supported".into(),
            true.into(),
        );
        Expected::new(STATE, &metadata)
    }

    /// The path and query of a response with the right state and issuer.
    fn answered(parameters: &str) -> String {
        format!("{CALLBACK_PATH}?{parameters}&state={STATE}&iss={ISSUER}")
    }

    async fn waiting() -> (Url, JoinHandle<Result<AuthorizationResponse, ClientError>>) {
        // Not the preferred port: tests run beside each other.
        let listeners = bind_free().await.unwrap();
        let port = listeners.first().unwrap().local_addr().unwrap().port();
        let listener = CallbackListener {
            listeners,
            redirect: redirect_uri(CallbackHost::Localhost, port).unwrap(),
        };
        let redirect = listener.redirect_uri().clone();
        let wait = tokio::spawn(listener.wait(expected(), Duration::from_secs(60)));
        (redirect, wait)
    }

    /// Sends bytes unchanged and returns all that comes back.
    async fn raw(redirect: &Url, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", redirect.port().unwrap()))
            .await
            .unwrap();
        // The listener may respond and close before all of an oversize request is written.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn get(redirect: &Url, target: &str) -> String {
        raw(
            redirect,
            format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes(),
        )
        .await
    }

    fn status(answer: &str) -> &str {
        answer.split(' ').nth(1).unwrap_or_default()
    }

    #[tokio::test]
    async fn a_response_without_content_ends_the_login() {
        for empty in ["x=1", "code=", "error="] {
            let (redirect, wait) = waiting().await;
            let target = answered(empty);
            assert_eq!(status(&get(&redirect, &target).await), "400", "{target}");
            let ended = wait.await.unwrap();
            assert!(
                matches!(&ended, Err(ClientError::Callback(why)) if why.contains("neither a code")),
                "{ended:?}"
            );
        }
    }

    #[tokio::test]
    async fn the_first_redirect_of_this_login_wins_and_nothing_else_does() {
        let (redirect, wait) = waiting().await;
        let rows = [
            ("/", "404"),
            ("/auth/callback/", "404"),
            (
                "/auth/callback2?code=c&state=the-state-of-this-login",
                "404",
            ),
            ("/AUTH/CALLBACK?code=c&state=the-state-of-this-login", "404"),
            ("/auth/callback", "400"),
            ("/auth/callback?code=c", "400"),
            ("/auth/callback?code=c&state=wrong", "400"),
            ("/auth/callback?error=access_denied&state=wrong", "400"),
            (
                "/auth/callback?code=a&code=b&state=the-state-of-this-login&iss=https://as.example.com",
                "400",
            ),
            (
                "/auth/callback?code=c&state=wrong&iss=https://as.example.com",
                "400",
            ),
            (
                "/auth/callback?code=c&state=the-state-of-this-login&iss=https://as.example.com",
                "200",
            ),
        ];
        for (target, expected) in rows {
            assert_eq!(status(&get(&redirect, target).await), expected, "{target}");
        }
        let AuthorizationResponse::Granted { redirect: got } = wait.await.unwrap().unwrap() else {
            unreachable!()
        };
        assert_eq!(
            got.query(),
            Some("code=c&state=the-state-of-this-login&iss=https://as.example.com")
        );
        assert_eq!(
            (got.origin(), got.path()),
            (redirect.origin(), CALLBACK_PATH)
        );
        assert!(
            TcpStream::connect(("127.0.0.1", redirect.port().unwrap()))
                .await
                .is_err(),
            "it stopped"
        );
    }

    #[tokio::test]
    async fn a_page_says_what_happened() {
        type Ends = fn(&Result<AuthorizationResponse, ClientError>) -> bool;
        // the answer, status and text of the page, how the login ends
        let rows: [(&str, &str, &str, Ends); 6] = [
            (
                "code=c&iss=https://as.example.com",
                "200",
                "<h1>Approved</h1>",
                |ended| matches!(ended, Ok(AuthorizationResponse::Granted { .. })),
            ),
            (
                "error=access_denied&error_description=not+today&iss=https://as.example.com",
                "200",
                "<h1>Denied</h1><p>This login was denied: access_denied, not today</p>",
                |ended| matches!(ended, Ok(AuthorizationResponse::Refused { .. })),
            ),
            (
                "error=invalid_scope&iss=https://as.example.com",
                "200",
                "<h1>Login failed</h1>",
                |ended| matches!(ended, Ok(AuthorizationResponse::Refused { .. })),
            ),
            (
                "code=c&iss=https://as.example.com/",
                "400",
                "expected https://as.example.com, received https://as.example.com/<",
                |ended| matches!(ended, Err(ClientError::Callback(why)) if why.contains("from another issuer")),
            ),
            (
                "code=c",
                "400",
                "<h1>Refused</h1>",
                |ended| matches!(ended, Err(ClientError::Callback(why)) if why.contains("lacks `iss`")),
            ),
            // What another server says is not repeated.
            (
                "error=access_denied&error_description=call+this+number&iss=https://other.example",
                "400",
                "<h1>Refused</h1>",
                |ended| matches!(ended, Err(ClientError::Callback(why)) if !why.contains("call")),
            ),
        ];
        for (parameters, expected, says, ends) in rows {
            let (redirect, wait) = waiting().await;
            let page = get(
                &redirect,
                &format!("{CALLBACK_PATH}?{parameters}&state={STATE}"),
            )
            .await;
            assert_eq!(status(&page), expected, "{parameters}");
            assert!(page.contains(says), "{parameters}: {page}");
            assert!(!page.contains("call this number"), "{parameters}: {page}");
            let ended = wait.await.unwrap();
            assert!(ends(&ended), "{parameters}: {ended:?}");
        }
    }

    #[tokio::test]
    async fn a_second_answer_is_told_that_it_is_late() {
        let (redirect, wait) = waiting().await;
        // Accepted before the first answer ends the accepting: connections come in turn.
        let mut late = TcpStream::connect(("127.0.0.1", redirect.port().unwrap()))
            .await
            .unwrap();
        let first = get(&redirect, &answered("error=access_denied")).await;
        assert_eq!(status(&first), "200");
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: localhost\r\n\r\n",
            answered("code=c")
        );
        late.write_all(request.as_bytes()).await.unwrap();
        let mut page = String::new();
        late.read_to_string(&mut page).await.unwrap();
        assert_eq!(status(&page), "410", "{page}");
        assert!(matches!(
            wait.await.unwrap(),
            Ok(AuthorizationResponse::Refused { error, .. }) if error == "access_denied"
        ));
    }

    #[tokio::test]
    async fn other_methods_are_refused() {
        let (redirect, wait) = waiting().await;
        for method in ["POST", "HEAD", "OPTIONS", "DELETE"] {
            let request = format!(
                "{method} /auth/callback?code=c&state={STATE} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"
            );
            assert_eq!(
                status(&raw(&redirect, request.as_bytes()).await),
                "405",
                "{method}"
            );
        }
        wait.abort();
    }

    #[tokio::test]
    async fn hostile_values_are_escaped() {
        let (redirect, wait) = waiting().await;
        let target = format!(
            "/auth/callback?error=%3Cscript%3Ealert(1)%3C/script%3E%22%27%26&error_description=%3Cimg+src=x%3E&state={STATE}&iss={ISSUER}"
        );
        let answer = get(&redirect, &target).await;
        assert_eq!(status(&answer), "200");
        assert!(
            !answer.contains("<script")
                && !answer.contains("<img")
                && answer.contains("&#60;script&#62;")
                && answer.contains("&#60;img src=x&#62;"),
            "{answer}"
        );
        let head = answer.to_ascii_lowercase();
        for header in [
            "content-security-policy: default-src 'none'",
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "x-content-type-options: nosniff",
        ] {
            assert!(head.contains(header), "{header}");
        }
        let AuthorizationResponse::Refused { error, .. } = wait.await.unwrap().unwrap() else {
            unreachable!()
        };
        assert_eq!(error, "<script>alert(1)</script>\"'&");
    }

    #[tokio::test]
    async fn a_page_never_repeats_the_code() {
        let (redirect, wait) = waiting().await;
        let answer = get(&redirect, &answered("code=a-code-nobody-sees")).await;
        assert!(
            !answer.contains("a-code-nobody-sees") && !answer.contains(STATE),
            "{answer}"
        );
        assert!(wait.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn oversize_and_broken_requests_do_not_end_the_login() {
        let (redirect, wait) = waiting().await;
        let long = "x".repeat(64 * 1024);
        let rows = [
            format!(
                "GET /auth/callback?code={long}&state={STATE} HTTP/1.1\r\nhost: localhost\r\n\r\n"
            ),
            format!("GET /auth/callback HTTP/1.1\r\nhost: localhost\r\nx-long: {long}\r\n\r\n"),
            "\0\0\0\0\r\n\r\n".to_owned(),
            "GET\r\n\r\n".to_owned(),
        ];
        for request in rows {
            let answer = raw(&redirect, request.as_bytes()).await;
            assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        assert_eq!(status(&get(&redirect, &answered("code=c")).await), "200");
        assert!(wait.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn silent_connections_do_not_block_the_answer() {
        let (redirect, wait) = waiting().await;
        let mut silent = Vec::new();
        for _ in 0..8 {
            silent.push(
                TcpStream::connect(("127.0.0.1", redirect.port().unwrap()))
                    .await
                    .unwrap(),
            );
        }
        assert_eq!(status(&get(&redirect, &answered("code=c")).await), "200");
        drop(silent);
        assert!(wait.await.unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_comes() {
        let listeners = bind_free().await.unwrap();
        let listener = CallbackListener {
            listeners,
            redirect: redirect_uri(CallbackHost::Localhost, 1).unwrap(),
        };
        let error = listener
            .wait(expected(), Duration::from_secs(300))
            .await
            .unwrap_err();
        assert!(
            matches!(error, ClientError::Timeout { seconds: 300 }),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_port_somebody_has_is_named() {
        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = other.local_addr().unwrap().port();
        let error = CallbackListener::open(CallbackHost::Localhost, Some(port))
            .await
            .unwrap_err();
        assert!(
            matches!(error, ClientError::CallbackPortTaken { port: taken } if taken == port),
            "{error}"
        );
    }

    #[tokio::test]
    async fn both_addresses_of_localhost_are_served() {
        let listeners = bind_free().await.unwrap();
        let ports: Vec<u16> = listeners
            .iter()
            .map(|listener| listener.local_addr().unwrap().port())
            .collect();
        assert!(
            ports.windows(2).all(|pair| pair.first() == pair.last()),
            "{ports:?}"
        );
        assert!(
            listeners
                .iter()
                .all(|listener| listener.local_addr().unwrap().ip().is_loopback())
        );
    }
}
