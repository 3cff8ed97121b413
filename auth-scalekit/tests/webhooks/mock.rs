//! Beside the mock: its changes, its signatures, its events API, and tokens that it issues.

use std::sync::Arc;
use std::time::Duration;

use auth_core::revocation::{MemoryRevocations, Revocations};
use auth_core::support::Clock;
use auth_core::token::{BearerToken, VerifiedToken};
use auth_core::verifier::{TokenVerifier, VerifyRequest};
use auth_scalekit::ScalekitProvider;
use auth_scalekit::webhooks::{CatchUp, EventProcessor, WebhookSecrets, WebhookService};
use auth_testkit::settings::{Directory, DirectoryFormat};
use auth_testkit::webhooks::{DeliveryMode, WebhookSecret};
use auth_testkit::{Admin, Client, MockScalekit, TestClock};
use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Ada is in two organizations, Eve in one of them.
const DIRECTORY: &str = r#"
    [roles]
    admin = ["notes:read", "notes:write"]
    auditor = ["notes:read"]

    [[organizations]]
    id = "org_1"
    name = "Acme"

    [[organizations]]
    id = "org_2"
    name = "Beta"

    [[users]]
    id = "usr_1"
    email = "ada@acme.example"
    organizations = [{ id = "org_1", roles = ["admin"] }, { id = "org_2", roles = ["auditor"] }]

    [[users]]
    id = "usr_2"
    email = "eve@acme.example"
    organizations = [{ id = "org_1", roles = ["auditor"] }]
"#;

struct Pair {
    clock: TestClock,
    scalekit: MockScalekit,
    provider: ScalekitProvider,
    revocations: Arc<MemoryRevocations>,
    service: WebhookService,
    catch_up: CatchUp,
    server: JoinHandle<()>,
}

impl Pair {
    async fn start() -> Self {
        let clock = TestClock::new();
        let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
        let builder = MockScalekit::builder().clock(clock.clone());
        let scalekit = builder.directory(directory).start().await;
        let client = scalekit.register_client(Client::confidential("skc_1", "not a secret"));
        let url = "http://localhost:8000/mcp";
        let environment = scalekit.environment_url();
        let provider = ScalekitProvider::builder(environment, scalekit.resource_id(), url)
            .management(client, "not a secret")
            .clock(clock.clone());
        let provider = provider.build().unwrap();
        let management = provider.management().unwrap();

        let revocations = Arc::new(MemoryRevocations::with_clock(clock.clone()));
        let processor = EventProcessor::builder(environment, Arc::clone(&revocations))
            .lookup(management.clone())
            .clock(clock.clone());
        let processor = processor.build().unwrap();
        let catch_up = CatchUp::builder(management.clone(), processor.clone());
        let secret = WebhookSecret::generate();
        let secrets = WebhookSecrets::new(secret.expose()).unwrap();
        let service = WebhookService::builder(secrets, processor).build().unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route_service("/hook", service.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        scalekit.webhooks().add(&endpoint, [secret]);
        Self {
            clock,
            catch_up: catch_up.build().unwrap(),
            scalekit,
            provider,
            revocations,
            service,
            server,
        }
    }

    async fn verify(&self, token: &str) -> VerifiedToken {
        let request = VerifyRequest::new(BearerToken::new(token).unwrap(), self.clock.now());
        self.provider.verify(request).await.unwrap()
    }

    /// New tokens: Ada's in both organizations, and Eve's.
    async fn tokens(&self) -> [VerifiedToken; 3] {
        let token = |user, organization| self.scalekit.token_of(user, organization);
        [
            self.verify(&token("usr_1", "org_1").session("ses_1").sign())
                .await,
            self.verify(&token("usr_1", "org_2").session("ses_2").sign())
                .await,
            self.verify(&token("usr_2", "org_1").session("ses_3").sign())
                .await,
        ]
    }

    fn is_revoked(&self, tokens: &[VerifiedToken; 3]) -> [bool; 3] {
        tokens
            .each_ref()
            .map(|token| self.revocations.check(token).is_err())
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[tokio::test]
async fn changes_at_the_issuer_revoke_the_tokens_that_they_concern() {
    /// A change, and whose tokens it revokes.
    type Row = (&'static str, fn(Admin<'_>) -> String, [bool; 3]);
    let rows: [Row; 12] = [
        (
            "a member is removed",
            |it| it.remove_member("usr_1", "org_1"),
            [true, false, false],
        ),
        (
            "the roles of a member change",
            |it| it.change_roles("usr_1", "org_2", ["admin"]),
            [false, true, false],
        ),
        (
            "a user of a directory is deleted",
            |it| it.delete_directory_user("ADA@acme.example", "org_1"),
            [true, false, false],
        ),
        (
            "a user of a directory is deactivated",
            |it| it.deactivate_directory_user("eve@acme.example", "org_1"),
            [false, false, true],
        ),
        (
            "a user who is not found, so perhaps any of the organization",
            |it| it.delete_directory_user("ann@acme.example", "org_1"),
            [true, false, true],
        ),
        (
            "a directory is disabled",
            |it| it.disable_directory("org_1"),
            [true, false, true],
        ),
        (
            "a connection is disabled",
            |it| it.disable_sso("org_2"),
            [false, true, false],
        ),
        (
            "a connection is deleted",
            |it| it.delete_sso("org_1"),
            [true, false, true],
        ),
        (
            "an organization is deleted",
            |it| it.delete_organization("org_1"),
            [true, false, true],
        ),
        (
            "a role is deleted",
            |it| it.delete_role("auditor"),
            [false, true, true],
        ),
        (
            "a role changes",
            |it| it.update_role("admin", ["notes:read"]),
            [true, false, false],
        ),
        (
            "a permission is deleted",
            |it| it.delete_permission("notes:write"),
            [true, false, false],
        ),
    ];
    for (name, change, expected) in rows {
        let pair = Pair::start().await;
        let tokens = pair.tokens().await;
        assert_eq!(pair.is_revoked(&tokens), [false; 3], "{name}: the control");
        pair.clock.advance(Duration::from_secs(60));
        change(pair.scalekit.admin());
        pair.scalekit.webhooks().idle().await;
        assert_eq!(pair.service.counts().stored, 1, "{name}");
        assert_eq!(pair.is_revoked(&tokens), expected, "{name}");
        // The events API has nothing that was not processed.
        assert_eq!(
            pair.catch_up.run_once().await.unwrap().processed,
            0,
            "{name}"
        );
    }
}

#[tokio::test]
async fn after_a_change_new_tokens_are_accepted() {
    let pair = Pair::start().await;
    pair.scalekit
        .admin()
        .change_roles("usr_1", "org_1", ["auditor"]);
    pair.scalekit.webhooks().idle().await;
    assert_eq!(
        pair.is_revoked(&pair.tokens().await),
        [true, false, false],
        "the same second"
    );
    pair.clock.advance(Duration::from_secs(1));
    assert_eq!(pair.is_revoked(&pair.tokens().await), [false; 3]);
}

#[tokio::test]
async fn a_session_that_ends_takes_its_tokens_with_it() {
    let pair = Pair::start().await;
    let session = pair.scalekit.admin().open_session("usr_1", "org_1");
    let token = |id: &str| pair.scalekit.token_of("usr_1", "org_1").session(id).sign();
    let (its, other) = (
        pair.verify(&token(&session)).await,
        pair.verify(&token("ses_9")).await,
    );
    assert!(pair.revocations.check(&its).is_ok(), "the control");
    assert!(pair.scalekit.admin().end_session(&session));
    pair.scalekit.webhooks().idle().await;
    assert!(pair.revocations.check(&its).is_err());
    assert!(pair.revocations.check(&other).is_ok());
    pair.clock.advance(Duration::from_secs(60));
    let later = pair.verify(&token(&session)).await;
    assert!(
        pair.revocations.check(&later).is_err(),
        "also what was issued later"
    );
}

#[tokio::test]
async fn however_an_event_is_delivered_it_takes_effect_once() {
    for mode in DeliveryMode::all() {
        let pair = Pair::start().await;
        let tokens = pair.tokens().await;
        pair.clock.advance(Duration::from_secs(60));
        let webhooks = pair.scalekit.webhooks();
        webhooks.deliver(mode);
        pair.scalekit.admin().remove_member("usr_1", "org_1");
        if let DeliveryMode::Late(by) = mode {
            pair.clock.advance(by);
        }
        webhooks.release();
        webhooks.idle().await;
        let arrives = mode.is_genuine() && mode != DeliveryMode::Never;
        let revoked = [true, false, false];
        let expected = if arrives { revoked } else { [false; 3] };
        assert_eq!(pair.is_revoked(&tokens), expected, "{mode}");
        let counts = pair.service.counts();
        assert_eq!(counts.stored, u64::from(arrives), "{mode}");
        assert_eq!(
            counts.repeated,
            u64::from(mode == DeliveryMode::Twice),
            "{mode}"
        );
        assert_eq!(counts.refused, u64::from(!mode.is_genuine()), "{mode}");
        // What did not arrive is read.
        let report = pair.catch_up.run_once().await.unwrap();
        assert_eq!(
            (report.processed, report.before),
            (u64::from(!arrives), u64::from(arrives))
        );
        assert_eq!(pair.is_revoked(&tokens), revoked, "{mode}");
    }
}

#[tokio::test]
async fn many_events_are_read_page_by_page() {
    let pair = Pair::start().await;
    pair.scalekit.webhooks().deliver(DeliveryMode::Never);
    for number in 0..100 {
        pair.scalekit
            .admin()
            .update_role(&format!("role_{number}"), ["notes:read"]);
    }
    let report = pair.catch_up.run_once().await.unwrap();
    assert_eq!((report.processed, pair.revocations.len()), (100, 100));
    let report = pair.catch_up.run_once().await.unwrap();
    assert_eq!((report.processed, report.before), (0, 100));
    pair.clock.advance(Duration::from_secs(11 * 60));
    pair.catch_up.run_once().await.unwrap();
    let report = pair.catch_up.run_once().await.unwrap();
    assert_eq!(
        (report.processed, report.before),
        (0, 0),
        "older than the overlap"
    );
}
