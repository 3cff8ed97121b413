use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::*;
use crate::operation::{Operation, Primitive};
use crate::policy::{AuthorizationRequest, Authorizer, NotAuthorized, PolicyRequest};
use crate::support::Clock;
use crate::token::VerifiedToken;

/// A clock that is set, in milliseconds.
#[derive(Debug, Clone, Default)]
struct SetClock(Arc<AtomicU64>);

impl SetClock {
    fn advance(&self, milliseconds: u64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

struct Harness {
    limit: RateLimit,
    clock: SetClock,
}

impl Harness {
    fn new(change: impl FnOnce(RateLimitBuilder) -> RateLimitBuilder) -> Self {
        let clock = SetClock::default();
        let builder = change(RateLimit::builder().clock(clock.clone()));
        let limit = builder.build().unwrap();
        Self { limit, clock }
    }

    async fn ask(&self, token: &VerifiedToken, operation: Option<&Operation>) -> Verdict {
        let mut request = PolicyRequest::new(token, SystemTime::UNIX_EPOCH);
        if let Some(operation) = operation {
            request = request.with_operation(operation);
        }
        self.ask_about(AuthorizationRequest::new(request)).await
    }

    async fn ask_about(&self, request: AuthorizationRequest<'_>) -> Verdict {
        match self.limit.authorize(request).await {
            Ok(()) => Verdict::Allowed,
            Err(NotAuthorized::RateLimited(wait)) => Verdict::Wait(wait.as_millis()),
            Err(NotAuthorized::Unavailable(error)) => {
                Verdict::Unavailable(error.retry_after().as_millis())
            }
            Err(NotAuthorized::Denied(denied)) => unreachable!("{denied:?}"),
        }
    }

    /// How many requests in a row are allowed, at most 100.
    async fn allowed(&self, token: &VerifiedToken, operation: Option<&Operation>) -> usize {
        for count in 0..100 {
            if self.ask(token, operation).await != Verdict::Allowed {
                return count;
            }
        }
        100
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Allowed,
    Wait(u128),
    Unavailable(u128),
}

fn caller(issuer: &str, subject: &str, organization: &str, client: &str) -> VerifiedToken {
    let token = VerifiedToken::assertion(issuer, subject, SystemTime::UNIX_EPOCH);
    let token = match organization {
        "" => token,
        organization => token.with_organization(organization),
    };
    match client {
        "" => token,
        client => token.with_client_id(client),
    }
}

#[tokio::test]
async fn a_budget_is_used_up_and_fills_up_again() {
    let quota = Quota::per_minute(60).burst(3);
    let limit = Harness::new(|it| it.per(Key::Principal, quota));
    let user = caller("i", "usr_1", "", "");
    assert_eq!(limit.allowed(&user, None).await, 3);
    assert_eq!(limit.ask(&user, None).await, Verdict::Wait(1000));
    limit.clock.advance(999);
    assert_eq!(
        limit.ask(&user, None).await,
        Verdict::Wait(1),
        "a refused one costs nothing"
    );
    limit.clock.advance(1);
    assert_eq!(limit.allowed(&user, None).await, 1);
    limit.clock.advance(3_600_000);
    assert_eq!(
        limit.allowed(&user, None).await,
        3,
        "no more than the burst"
    );
    let whole = Harness::new(|it| it.per(Key::Principal, Quota::per_second(5)));
    assert_eq!(
        whole.allowed(&user, None).await,
        5,
        "the burst is that of a period"
    );
}

#[tokio::test]
async fn a_budget_belongs_to_a_key() {
    let control = caller("i", "usr_1", "org_1", "client_1");
    // Whether the caller shares the budget of the control, by principal, organization and client.
    for (name, other, shared) in [
        ("the same", control.clone(), [true; 3]),
        (
            "another subject",
            caller("i", "usr_2", "org_1", "client_1"),
            [false, true, true],
        ),
        (
            "another organization",
            caller("i", "usr_1", "org_2", "client_1"),
            [false, false, true],
        ),
        (
            "another client",
            caller("i", "usr_1", "org_1", "client_2"),
            [true, true, false],
        ),
        (
            "another issuer",
            caller("j", "usr_1", "org_1", "client_1"),
            [false; 3],
        ),
        (
            "no organization",
            caller("i", "usr_1", "", "client_1"),
            [false, false, true],
        ),
        (
            "no client",
            caller("i", "usr_1", "org_1", ""),
            [true, true, false],
        ),
        (
            "swapped names",
            caller("i", "org_1", "usr_1", "client_1"),
            [false, false, true],
        ),
        (
            "a client of that name",
            caller("i", "client_1", "org_1", "usr_1"),
            [false, true, false],
        ),
        (
            "another name of the issuer",
            caller("k", "usr_1", "org_1", "client_1").with_canonical_issuer("i"),
            [true; 3],
        ),
    ] {
        for (key, shared) in [Key::Principal, Key::Organization, Key::Client]
            .into_iter()
            .zip(shared)
        {
            let limit = Harness::new(|it| it.per(key, Quota::per_hour(1)));
            assert_eq!(
                limit.ask(&control, None).await,
                Verdict::Allowed,
                "the control"
            );
            let verdict = limit.ask(&other, None).await;
            assert_eq!(
                verdict != Verdict::Allowed,
                shared,
                "{name}, per {key}: {verdict:?}"
            );
        }
    }
    // Callers without an organization do not share one.
    let limit = Harness::new(|it| it.per(Key::Organization, Quota::per_hour(1)));
    for subject in ["usr_1", "usr_2", "org_1"] {
        let user = caller("i", subject, "", "");
        assert_eq!(limit.allowed(&user, None).await, 1, "{subject}");
    }
}

#[tokio::test]
async fn a_quota_about_primitives_counts_their_use() {
    let tool = |name: &str| Operation::tool(name);
    let resource = |uri: &str| Operation::new("resources/read").with_name(uri);
    let template = |uri| {
        Operation::new("completion/complete").with_primitive(Primitive::ResourceTemplate, uri)
    };
    let quota = Quota::per_hour(1);
    for (name, operation, [by_tool, by_prompt, by_resource]) in [
        ("no operation", None, [false; 3]),
        ("a tool", Some(tool("export_a")), [true, false, false]),
        ("another tool", Some(tool("import")), [false; 3]),
        ("a list", Some(Operation::new("tools/list")), [false; 3]),
        (
            "a method of later",
            Some(Operation::new("tools/describe")),
            [true, false, false],
        ),
        (
            "a prompt",
            Some(Operation::new("prompts/get").with_name("export_a")),
            [false, true, false],
        ),
        (
            "a resource",
            Some(resource("file:///a/b")),
            [false, false, true],
        ),
        ("another resource", Some(resource("file:///b")), [false; 3]),
        (
            "a template",
            Some(template("file:///{x}")),
            [false, false, true],
        ),
        ("another template", Some(template("db:///{x}")), [false; 3]),
        (
            "a subscription",
            Some(Operation::new("subscriptions/listen")),
            [false; 3],
        ),
    ] {
        let user = caller("i", "usr_1", "", "");
        let limits = [
            (
                Harness::new(|it| it.tool("export_*", Key::Principal, quota)),
                by_tool,
            ),
            (
                Harness::new(|it| it.prompt("export_*", Key::Principal, quota)),
                by_prompt,
            ),
            (
                Harness::new(|it| it.resource("file:///a/*", Key::Principal, quota)),
                by_resource,
            ),
        ];
        for (limit, counts) in limits {
            let expected = if counts { 1 } else { 100 };
            let allowed = limit.allowed(&user, operation.as_ref()).await;
            assert_eq!(allowed, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn made_up_names_take_no_place_and_no_budget() {
    let limit = Harness::new(|it| {
        it.tool("export_*", Key::Principal, Quota::per_hour(5))
            .per(Key::Principal, Quota::per_hour(1_000_000))
            .max_budgets(2)
    });
    let user = caller("i", "usr_1", "", "");
    let mut allowed = 0;
    for number in 0..10_000 {
        let tool = Operation::tool(format!("export_{number}"));
        allowed += usize::from(limit.ask(&user, Some(&tool)).await == Verdict::Allowed);
        let other = Operation::tool(format!("other_{number}"));
        assert_eq!(limit.ask(&user, Some(&other)).await, Verdict::Allowed);
    }
    assert_eq!((allowed, limit.limit.budgets.len()), (5, 2));
}

#[tokio::test]
async fn one_quota_that_refuses_uses_up_no_other() {
    let (one, other) = (Quota::per_hour(2), Quota::per_hour(3));
    let limit = Harness::new(|it| {
        it.per(Key::Organization, other)
            .tool("a", Key::Principal, one)
    });
    let [user, colleague] = ["usr_1", "usr_2"].map(|subject| caller("i", subject, "org_1", ""));
    let tool = Operation::tool("a");
    assert_eq!(limit.allowed(&user, Some(&tool)).await, 2);
    for _ in 0..10 {
        assert!(matches!(
            limit.ask(&user, Some(&tool)).await,
            Verdict::Wait(_)
        ));
    }
    assert_eq!(
        limit.allowed(&colleague, Some(&tool)).await,
        1,
        "what the organization had left"
    );
    // The longest wait of those that refuse.
    limit.clock.advance(1_200_000);
    assert_eq!(limit.ask(&user, Some(&tool)).await, Verdict::Wait(600_000));
}

#[tokio::test]
async fn a_recheck_and_a_refused_request_use_up_nothing() {
    let limit = Harness::new(|it| it.per(Key::Principal, Quota::per_hour(1)));
    let user = caller("i", "usr_1", "", "");
    let request = PolicyRequest::new(&user, SystemTime::UNIX_EPOCH);
    let again = AuthorizationRequest::new(request.for_recheck());
    let refused = AuthorizationRequest::new(request).refused_before(true);
    for _ in 0..3 {
        assert_eq!(limit.ask_about(again).await, Verdict::Allowed);
        assert_eq!(limit.ask_about(refused).await, Verdict::Allowed);
        assert!(limit.limit.shows(&request.for_listing()));
    }
    assert_eq!(limit.allowed(&user, None).await, 1, "the control");
    // A stream stays open when the budget is used up.
    assert_eq!(limit.ask_about(again).await, Verdict::Allowed);
}

#[tokio::test]
async fn many_callers_neither_fill_the_memory_nor_use_up_the_budgets_of_others() {
    const MAX: usize = 1000;
    let quota = Quota::per_minute(2);
    let limit = Harness::new(|it| it.per(Key::Principal, quota).max_budgets(MAX));
    let user = caller("i", "usr_1", "", "");
    assert_eq!(limit.allowed(&user, None).await, 2);
    let mut verdicts = [0; 2];
    for number in 0..100_000 {
        let other = caller("i", &format!("other_{number}"), "", "");
        match limit.ask(&other, None).await {
            Verdict::Allowed => verdicts[0] += 1,
            // Until the first budget is full again.
            Verdict::Unavailable(wait) => {
                assert_eq!(wait, 30_000, "{number}");
                verdicts[1] += 1;
            }
            verdict @ Verdict::Wait(_) => unreachable!("{verdict:?}"),
        }
    }
    assert_eq!(verdicts, [MAX - 1, 100_000 - (MAX - 1)]);
    assert_eq!(limit.limit.budgets.len(), MAX);
    assert_eq!(
        limit.ask(&user, None).await,
        Verdict::Wait(30_000),
        "it was not reset"
    );
    let known = caller("i", "other_0", "", "");
    assert_eq!(
        limit.allowed(&known, None).await,
        1,
        "and others keep what they have"
    );
    // Budgets that are full again make place.
    limit.clock.advance(30_000);
    let late = caller("i", "other_99999", "", "");
    assert_eq!(limit.allowed(&late, None).await, 2);
    assert_eq!(limit.allowed(&user, None).await, 1);
    limit.clock.advance(60_000);
    for number in 0..1000 {
        limit
            .ask(&caller("j", &format!("{number}"), "", ""), None)
            .await;
        limit.clock.advance(60_000);
    }
    assert_eq!(
        limit.limit.budgets.len(),
        1,
        "nothing is left of callers who are gone"
    );
}

#[test]
fn mistakes_are_errors_at_start() {
    let quota = Quota::per_minute(1);
    let build =
        |change: fn(RateLimitBuilder) -> RateLimitBuilder| change(RateLimit::builder()).build();
    assert!(
        RateLimit::builder().per(Key::Client, quota).build().is_ok(),
        "the control"
    );
    for (errors, expected) in [
        (
            build(|it| it),
            "has no quota: add one with per, tool, prompt or resource",
        ),
        (
            build(|it| it.per(Key::Client, Quota::per_minute(0))),
            "has the quota of 0 requests in 60s per client, which allows no request: allow at least \
             one, or deny the requests by another policy",
        ),
        (
            build(|it| it.per(Key::Client, Quota::per_hour(9).burst(0))),
            "has the quota of 9 requests in 3600s per client, which has a burst of zero: allow at \
             least one request at once",
        ),
        (
            build(|it| it.per(Key::Client, Quota::new(5, Duration::from_nanos(4)))),
            "has the quota of 5 requests in 4ns per client, which has more requests than nanoseconds: \
             use a longer period",
        ),
        (
            build(|it| it.tool("a*", Key::Principal, Quota::per_day(1).burst(367))),
            "has the quota of 1 requests in 86400s per principal, tool \"a*\", which takes more than \
             a year to fill up: lower the burst, or shorten the period",
        ),
        (
            build(|it| it.per(Key::Client, Quota::new(1, Duration::MAX))),
            "takes more than a year to fill up: lower the burst, or shorten the period",
        ),
        (
            build(|it| {
                it.per(Key::Principal, Quota::per_day(1))
                    .per(Key::Principal, Quota::per_day(1))
            }),
            "has the quota of 1 requests in 86400s per principal twice: remove one",
        ),
        (
            build(|it| it.prompt("", Key::Principal, Quota::per_day(1))),
            "has a quota about a prompt without a name: use * for every prompt",
        ),
        (
            build(|it| {
                let it = it.per(Key::Principal, Quota::per_day(1));
                it.per(Key::Client, Quota::per_day(1)).max_budgets(1)
            }),
            "has max_budgets 1, and one request may need 2: raise max_budgets",
        ),
    ] {
        let found = errors.unwrap_err().to_string();
        assert!(
            found.starts_with("rate_limit ") && found.ends_with(expected),
            "{found}"
        );
    }
    assert!(build(|it| it.per(Key::Client, Quota::per_day(1).burst(366))).is_ok());
    let both = |it: RateLimitBuilder| {
        it.per(Key::Client, Quota::per_second(0))
            .per(Key::Client, Quota::per_second(1).burst(0))
    };
    assert_eq!(
        both(RateLimit::builder())
            .build()
            .unwrap_err()
            .iter()
            .count(),
        2
    );
}

#[test]
fn budgets_have_distinct_names() {
    let keys = KeyHasher::default();
    let mut names = HashSet::new();
    let user = caller("i", "usr_1", "org_1", "client_1");
    for quota in 0..100 {
        for key in [Key::Principal, Key::Organization, Key::Client] {
            assert!(names.insert(keys.budget(quota, key, &user)));
            assert!(!names.insert(keys.budget(quota, key, &user.clone())));
        }
    }
    let shown = format!("{:?}", keys.budget(0, Key::Principal, &user));
    assert!(!shown.contains("usr_1"), "{shown}");
}
