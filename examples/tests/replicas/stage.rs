//! [`Stage`]: a Redis, a mock Scalekit, and processes.

use std::time::Duration;

use auth_testkit::webhooks::WebhookSecret;
use auth_testkit::{Client, Endpoint, MockScalekit};
use tokio::time::timeout;

use crate::mcp::call;
use crate::process::Replica;
use crate::redis_server::RedisServer;

pub(crate) const USER: &str = "usr_1000000001";
pub(crate) const ORGANIZATION: &str = "org_1000000001";

/// How long a test waits for what takes milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    pub(crate) redis: RedisServer,
    pub(crate) scalekit: MockScalekit,
    secret: WebhookSecret,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let scalekit = MockScalekit::builder()
            .resource_url("http://localhost:8000/mcp")
            .scopes(["notes:read"])
            .start()
            .await;
        scalekit.register_client(Client::confidential("skc_1", "not a secret"));
        Self {
            redis: RedisServer::start(),
            scalekit,
            secret: WebhookSecret::generate(),
        }
    }

    /// What a process needs.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            (
                "SCALEKIT_ENVIRONMENT_URL",
                self.scalekit.environment_url().into(),
            ),
            ("SCALEKIT_RESOURCE_ID", self.scalekit.resource_id().into()),
            ("SCALEKIT_MCP_URL", "http://localhost:8000/mcp".into()),
            ("SCALEKIT_WEBHOOK_SECRET", self.secret.expose().into()),
            ("SCALEKIT_CLIENT_ID", "skc_1".into()),
            ("SCALEKIT_CLIENT_SECRET", "not a secret".into()),
            ("REDIS_URL", self.redis.url()),
        ]
    }

    pub(crate) fn replica(&self) -> Replica {
        Replica::start(0, &self.variables()).unwrap()
    }

    /// One that has read the events until now: it reads others when they are delivered, or in five minutes.
    pub(crate) async fn caught_up_replica(&self) -> Replica {
        let answered = || self.scalekit.requests(Endpoint::Events).into_iter();
        let answered = || {
            answered()
                .filter(|request| request.status().is_some())
                .count()
        };
        let before = answered();
        let replica = self.replica();
        let caught_up = async {
            while answered() == before {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, caught_up).await.unwrap();
        replica
    }

    /// One for each of three machines; webhooks arrive at the first.
    pub(crate) fn three(&self) -> [Replica; 3] {
        let replicas = [(); 3].map(|()| self.replica());
        self.send_webhooks_to(&replicas[0]);
        replicas
    }

    pub(crate) fn send_webhooks_to(&self, replica: &Replica) {
        let secret = self.secret.expose().parse().unwrap();
        self.scalekit
            .webhooks()
            .add(replica.webhook_url(), [secret]);
    }

    pub(crate) fn session(&self) -> String {
        self.scalekit.admin().open_session(USER, ORGANIZATION)
    }

    /// A token of the session.
    pub(crate) fn token(&self, session: &str) -> String {
        self.scalekit.token().session(session).sign()
    }
}

/// Calls until the status is that; each attempt is a request.
pub(crate) async fn until(status: u16, replica: &Replica, token: &str) {
    let refused = async {
        loop {
            let got = call(replica.url(), token, "notes_list").await;
            if got == status {
                return;
            }
        }
    };
    let waited = timeout(PATIENCE, refused).await;
    waited.unwrap_or_else(|_| panic!("not {status} at {}", replica.url()));
}
