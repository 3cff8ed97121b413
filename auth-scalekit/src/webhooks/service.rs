//! [`WebhookService`]: the endpoint that webhooks are sent to.
//!
//! 1. Method and headers, before anything of the body is read.
//! 2. The body, up to a length and a time, and above 16 KiB within a bound that all unsigned bodies share.
//! 3. The signature. Until here a request has used nothing else that others share.
//! 4. A place, of a limited number.
//! 5. The event is read and processed.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors, ErrorChain};
use auth_core::support::BoxFuture;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response};
use http_body::Body;
use tokio::sync::Semaphore;
use tower_service::Service;

use super::body::{self, BodyError, Budget};
use super::counts::{Counts, WebhookCounts};
use super::event::WebhookEvent;
use super::process_error::ProcessError;
use super::processor::{EventProcessor, Processed};
use super::reply::Reply;
use super::secrets::WebhookSecrets;
use super::signature::SignedHeaders;

/// The largest event of the documentation has 3 KB; profiles and SCIM attributes are the customer's.
const DEFAULT_MAX_BODY_BYTES: usize = 256 * 1024;
/// 68 of the longest.
const DEFAULT_MAX_UNVERIFIED_BYTES: usize = 16 * 1024 * 1024;
/// When to send a body again that found no room.
const ROOM: Duration = Duration::from_secs(5);
const DEFAULT_BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Signed webhooks that are processed concurrently.
const PLACES: usize = 64;
/// How long a signed webhook waits for a place.
const PLACE_DEADLINE: Duration = Duration::from_secs(1);

/// Receives webhooks: a [`tower_service::Service`] for any request body, always ready, for `route_service` of axum or
/// for hyper. Cheap to clone.
///
/// | status | when |
/// |---|---|
/// | 201 | the effects are stored, or the event has none |
/// | 400 | a header is absent, duplicated or malformed, the timestamp is more than 300 s from now, or the signed body is no event |
/// | 401 | no signature is valid |
/// | 405 | the method is not POST |
/// | 408, 413 | the body takes too long, or is too long |
/// | 503 | the effects cannot be stored now, or the body has more than 16 KiB and there is no room for it: `Retry-After` |
#[derive(Clone)]
pub struct WebhookService(Arc<Shared>);

struct Shared {
    secrets: WebhookSecrets,
    processor: EventProcessor,
    max_body_bytes: usize,
    body_timeout: Duration,
    unverified: Budget,
    places: Semaphore,
    counts: Counts,
}

/// Settings of a [`WebhookService`].
#[derive(Debug)]
#[must_use = "call build() to get the service"]
pub struct WebhookServiceBuilder {
    secrets: WebhookSecrets,
    processor: EventProcessor,
    max_body_bytes: usize,
    body_timeout: Duration,
    max_unverified_bytes: usize,
}

impl WebhookServiceBuilder {
    /// The longest accepted body, in bytes: 1 KiB to 1 MiB, default 256 KiB.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// How many bytes of bodies may be in memory together whose signatures are not verified yet, so that strangers
    /// cannot fill it: [`max_body_bytes`](Self::max_body_bytes) to 256 MiB, default 16 MiB. Only what a body has above
    /// 16 KiB counts, and when it has arrived: the usual webhook, of 3 KB, is accepted whatever strangers do. A body for
    /// which there is no room is answered 503, and the sender tries again.
    pub fn max_unverified_bytes(mut self, bytes: usize) -> Self {
        self.max_unverified_bytes = bytes;
        self
    }

    /// How long a body may take: up to 60 s, default 10 s.
    pub fn body_timeout(mut self, time: Duration) -> Self {
        self.body_timeout = time;
        self
    }

    /// Validates the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every setting that is out of range.
    pub fn build(self) -> Result<WebhookService, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        if !(1024..=1024 * 1024).contains(&self.max_body_bytes) {
            let problem = "is out of range: choose 1024 to 1048576 bytes";
            errors.push(ConfigError::new("max_body_bytes", problem));
        }
        if self.body_timeout.is_zero() || self.body_timeout > Duration::from_secs(60) {
            let problem = "is out of range: choose more than 0 and up to 60 s";
            errors.push(ConfigError::new("body_timeout", problem));
        }
        if !(self.max_body_bytes..=256 * 1024 * 1024).contains(&self.max_unverified_bytes) {
            let problem = "is out of range: choose max_body_bytes to 268435456 bytes";
            errors.push(ConfigError::new("max_unverified_bytes", problem));
        }
        errors.into_result()?;
        Ok(WebhookService(Arc::new(Shared {
            secrets: self.secrets,
            processor: self.processor,
            max_body_bytes: self.max_body_bytes,
            body_timeout: self.body_timeout,
            unverified: Budget::new(self.max_unverified_bytes),
            places: Semaphore::new(PLACES),
            counts: Counts::default(),
        })))
    }
}

impl WebhookService {
    /// Settings: the secrets of the endpoint, and what processes its events.
    pub fn builder(secrets: WebhookSecrets, processor: EventProcessor) -> WebhookServiceBuilder {
        WebhookServiceBuilder {
            secrets,
            processor,
            max_body_bytes: DEFAULT_MAX_BODY_BYTES,
            body_timeout: DEFAULT_BODY_TIMEOUT,
            max_unverified_bytes: DEFAULT_MAX_UNVERIFIED_BYTES,
        }
    }

    /// How many requests were answered.
    #[must_use]
    pub fn counts(&self) -> WebhookCounts {
        self.0.counts.read()
    }
}

impl Shared {
    async fn respond<B: Body>(&self, request: Request<B>) -> Response<String> {
        let (head, body) = request.into_parts();
        let version = head.version;
        let (reply, is_body_read) = match self.authenticate(&head, body).await {
            Ok((headers, body)) => (self.receive(&headers, &body).await, true),
            Err((reply, is_body_read)) => {
                self.counts.refused.increment();
                (reply, is_body_read)
            }
        };
        reply.response(version, is_body_read)
    }

    /// The headers and the body of a signed webhook; else the reply, and whether the body was read.
    async fn authenticate<B: Body>(
        &self,
        head: &Parts,
        body: B,
    ) -> Result<(SignedHeaders, Bytes), (Reply, bool)> {
        if head.method != Method::POST {
            return Err((Reply::NotPost, body.is_end_stream()));
        }
        let clock = self.processor.clock();
        // Strangers can cause these lines: never above debug.
        let headers = SignedHeaders::read(&head.headers, clock.now()).map_err(|error| {
            tracing::debug!(%error, "a webhook is refused");
            (Reply::of(error), body.is_end_stream())
        })?;
        let body = tokio::select! {
            biased;
            body = body::read(body, self.max_body_bytes, &self.unverified) => body.map_err(|error| match error {
                BodyError::TooLong => Reply::TooLong,
                BodyError::OverBudget => Reply::Later(ROOM),
                BodyError::Broken => Reply::Malformed,
            }),
            () = clock.sleep(self.body_timeout) => Err(Reply::TooSlow),
        };
        let (body, _share) = body.map_err(|reply| {
            tracing::debug!(?reply, "the body of a webhook is refused");
            (reply, false)
        })?;
        self.secrets.verify_body(&headers, &body).map_err(|error| {
            tracing::debug!(%error, "a webhook is refused");
            (Reply::of(error), true)
        })?;
        Ok((headers, body))
    }

    /// Processes a signed webhook.
    async fn receive(&self, headers: &SignedHeaders, body: &[u8]) -> Reply {
        let webhook_id = headers.id();
        let event = match WebhookEvent::parse(body) {
            Ok(event) => event,
            Err(error) => {
                let error = ErrorChain(&error);
                tracing::error!(webhook_id, %error, "a signed webhook cannot be read");
                self.counts.malformed.increment();
                return Reply::Malformed;
            }
        };
        let (event_id, event_type) = (event.id(), event.event_type());
        let error = match self.process(&event).await {
            Ok(processed) => {
                tracing::debug!(event_id, event_type, ?processed, "a webhook was processed");
                let count = match processed {
                    Processed::Before => &self.counts.repeated,
                    Processed::Now | Processed::WithoutEffect => &self.counts.stored,
                };
                count.increment();
                return Reply::Stored;
            }
            Err(error) => error,
        };
        let retry_after = error.retry_after();
        let error = ErrorChain(&error);
        let Some(wait) = retry_after else {
            tracing::error!(webhook_id, event_id, event_type, %error, "a signed webhook cannot be read");
            self.counts.malformed.increment();
            return Reply::Malformed;
        };
        tracing::warn!(event_id, event_type, %error, "a webhook is to be delivered again");
        self.counts.failed.increment();
        Reply::Later(wait)
    }

    async fn process(&self, event: &WebhookEvent) -> Result<Processed, ProcessError> {
        let _place = tokio::select! {
            biased;
            place = self.places.acquire() => place.ok(),
            () = self.processor.clock().sleep(PLACE_DEADLINE) => None,
        }
        .ok_or(ProcessError::TimedOut)?;
        self.processor.process(event).await
    }
}

impl<B> Service<Request<B>> for WebhookService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Send,
{
    type Response = Response<String>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { Ok(shared.respond(request).await) })
    }
}

impl fmt::Debug for WebhookService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookService")
            .field("secrets", &self.0.secrets)
            .field("processor", &self.0.processor)
            .field("max_body_bytes", &self.0.max_body_bytes)
            .field("body_timeout", &self.0.body_timeout)
            .finish_non_exhaustive()
    }
}
