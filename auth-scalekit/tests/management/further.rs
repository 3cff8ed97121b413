//! The management API without a provider, against a server on loopback with scripted answers.

use auth_scalekit::management::Management;
use wiremock::{MockServer, Request, Respond};

use crate::calls::Row;
use crate::harness::{self, CLIENT_ID, CLIENT_SECRET, Tokens};
use crate::leap_clock::LeapClock;

pub(crate) struct Further {
    pub(crate) server: MockServer,
    pub(crate) management: Management,
    pub(crate) clock: LeapClock,
    tokens: Tokens,
}

impl Further {
    pub(crate) async fn start() -> Self {
        let (server, clock) = (MockServer::start().await, LeapClock::default());
        let management = management(&server.uri(), &clock);
        let further = Self {
            server,
            management,
            clock,
            tokens: Tokens::default(),
        };
        further.reset().await;
        further
    }

    /// Forgets all answers and requests. A token that the API refused is replaced again.
    pub(crate) async fn reset(&self) {
        self.server.reset().await;
        let tokens = self.tokens.clone();
        harness::always(&self.server, "POST", "/oauth/token", tokens).await;
        self.clock.advance(11);
        self.clock.sleeps();
    }

    /// Answers the call from now on.
    pub(crate) async fn always(&self, row: &Row, answer: impl Respond + 'static) {
        harness::always(&self.server, row.verb(), row.path, answer).await;
    }

    /// Answers the next call only.
    pub(crate) async fn once(&self, row: &Row, answer: impl Respond + 'static) {
        harness::once(&self.server, row.verb(), row.path, answer).await;
    }

    pub(crate) async fn requests(&self, row: &Row) -> Vec<Request> {
        harness::requests(&self.server, row.path).await
    }

    pub(crate) async fn count(&self, row: &Row) -> usize {
        self.requests(row).await.len()
    }
}

pub(crate) fn management(origin: &str, clock: &LeapClock) -> Management {
    Management::builder(origin, CLIENT_ID, CLIENT_SECRET)
        .clock(clock.clone())
        .build()
        .unwrap()
}
