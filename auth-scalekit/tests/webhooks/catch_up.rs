//! Events whose webhooks did not arrive.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use auth_core::idempotency::IdempotencyStore;
use auth_core::revocation::RevocationTarget as Target;
use auth_core::support::{Clock, async_trait};
use auth_core::verifier::Unavailable;
use auth_scalekit::webhooks::{
    CatchUp, CatchUpBuilder, CatchUpError, EventPage, EventQuery, EventSource, RevocationRules,
};
use serde_json::Value;

use crate::logged;
use crate::processing::Handler;
use crate::samples;
use crate::stage::Stage;

const MINUTE: Duration = Duration::from_secs(60);

/// Pages, whose tokens are their numbers.
#[derive(Debug, Default)]
struct Pages {
    pages: Mutex<Vec<Vec<String>>>,
    queries: Mutex<Vec<EventQuery>>,
    /// This page is unavailable; 0 is none.
    down_from: AtomicUsize,
    /// There is always a next page.
    endless: bool,
}

impl Pages {
    fn of<const N: usize>(pages: [&[Value]; N]) -> Arc<Self> {
        let text = |page: &[Value]| page.iter().map(Value::to_string).collect();
        Arc::new(Self {
            pages: Mutex::new(pages.map(text).into()),
            ..Self::default()
        })
    }

    /// From when on events were read.
    fn starts(&self) -> Vec<SystemTime> {
        let queries = self.queries.lock().unwrap();
        queries.iter().map(|query| query.start).collect()
    }
}

#[async_trait]
impl EventSource for Pages {
    async fn page(
        &self,
        query: &EventQuery,
        page_token: Option<&str>,
    ) -> Result<EventPage, Unavailable> {
        let number: usize = page_token.map_or(0, |token| token.parse().unwrap());
        if number == 0 {
            self.queries.lock().unwrap().push(query.clone());
        }
        tokio::task::yield_now().await;
        if number + 1 == self.down_from.load(Ordering::SeqCst) {
            return Err(Unavailable::new(Duration::from_secs(7)));
        }
        let pages = self.pages.lock().unwrap();
        let page = pages.get(number).cloned().unwrap_or_default();
        let next = match self.endless || number + 1 < pages.len() {
            true => (number + 1).to_string(),
            false => String::new(),
        };
        Ok(EventPage::new(page, Some(next)))
    }
}

fn catch_up(stage: &Stage, source: &Arc<Pages>) -> CatchUp {
    builder(stage, source).build().unwrap()
}

fn builder(stage: &Stage, source: &Arc<Pages>) -> CatchUpBuilder {
    CatchUp::builder(Arc::clone(source), stage.processor.clone())
}

fn removed(id: &str, user: &str) -> Value {
    let mut event = samples::event("user.organization_membership_deleted", id);
    event["data"]["user"]["id"] = user.into();
    event
}

fn member(user: &str) -> Target {
    Target::member(user, "org_1")
}

#[tokio::test]
async fn events_are_processed_once_whether_they_arrive_or_are_read() {
    let (one, two, three) = (
        removed("evt_1", "usr_1"),
        removed("evt_2", "usr_2"),
        removed("evt_3", "usr_3"),
    );
    let login = samples::event("user.login", "evt_4");
    let source = Pages::of([&[three, one.clone()], &[], &[two, one.clone(), login]]);
    let stage = Stage::new();
    assert_eq!(stage.send(&one).await, 201);
    let catch_up = catch_up(&stage, &source);
    let report = catch_up.run_once().await.unwrap();
    assert_eq!(
        (report.processed, report.before, report.without_effect),
        (2, 2, 1)
    );
    let expected = ["usr_1", "usr_2", "usr_3"].map(member);
    assert_eq!(stage.revoked.targets(), expected);
    // A webhook that is late after all.
    assert_eq!(stage.send(&removed("evt_2", "usr_2")).await, 201);
    assert_eq!(stage.service.counts().repeated, 1);
    let report = catch_up.run_once().await.unwrap();
    assert_eq!((report.processed, report.before), (0, 4));
}

#[tokio::test]
async fn a_pass_begins_before_the_last_one_that_processed_everything() {
    let source = Pages::of([&[removed("evt_1", "usr_1")], &[removed("evt_2", "usr_2")]]);
    let stage = Stage::new();
    let catch_up = catch_up(&stage, &source);
    let first = stage.clock.now();
    assert_eq!(catch_up.state().last_success, None);
    source.down_from.store(2, Ordering::SeqCst);
    let error = catch_up.run_once().await.unwrap_err();
    assert!(matches!(error, CatchUpError::Source(_)), "{error}");
    let state = catch_up.state();
    assert_eq!((state.last_success, state.failures), (None, 1));
    assert!(
        state
            .last_error
            .unwrap()
            .starts_with("the events cannot be read now: ")
    );
    assert_eq!(
        stage.revoked.targets(),
        [member("usr_1")],
        "the first page counts"
    );

    stage.clock.advance(MINUTE);
    source.down_from.store(0, Ordering::SeqCst);
    let second = stage.clock.now();
    catch_up.run_once().await.unwrap();
    let state = catch_up.state();
    assert_eq!(
        (state.last_success, state.failures, state.last_error),
        (Some(second), 0, None)
    );

    stage.clock.advance(MINUTE);
    source.down_from.store(1, Ordering::SeqCst);
    catch_up.run_once().await.unwrap_err();
    stage.clock.advance(MINUTE);
    source.down_from.store(0, Ordering::SeqCst);
    catch_up.run_once().await.unwrap();
    let day = 24 * 60 * MINUTE;
    let expected = [
        first - day,
        second - day,
        second - 10 * MINUTE,
        second - 10 * MINUTE,
    ];
    assert_eq!(source.starts(), expected);
    // The clock is set back.
    let earlier = second - 60 * MINUTE;
    stage.clock.set_wall_clock(earlier);
    catch_up.run_once().await.unwrap();
    assert_eq!(source.starts()[4], earlier - 10 * MINUTE);
}

#[tokio::test]
async fn only_types_with_an_effect_are_read_unless_there_is_a_handler() {
    let source = Pages::of([]);
    let stage = Stage::new();
    catch_up(&stage, &source).run_once().await.unwrap();
    let types = source.queries.lock().unwrap()[0].event_types.clone();
    assert_eq!(types, stage.processor.event_types());
    assert_eq!(types.unwrap().len(), 13);
    let stage = Stage::with(|builder| builder.handler(Handler::default()));
    let source = Pages::of([]);
    catch_up(&stage, &source).run_once().await.unwrap();
    assert_eq!(source.queries.lock().unwrap()[0].event_types, None);
    // Without any rule there is nothing to read.
    let stage = Stage::with(|builder| builder.rules(RevocationRules::none()));
    let source = Pages::of([]);
    let catch_up = catch_up(&stage, &source);
    catch_up.run_once().await.unwrap();
    assert!(source.starts().is_empty());
    assert_eq!(catch_up.state().last_success, Some(stage.clock.now()));
}

#[tokio::test]
async fn an_event_that_fails_does_not_hold_up_the_others() {
    let (one, two) = (removed("evt_1", "usr_1"), removed("evt_2", "usr_2"));
    let source = Pages::of([&[one], &[two]]);
    let stage = Stage::new();
    let lease = Duration::from_secs(30);
    stage.processed.keys.begin("evt_1", lease).await.unwrap();
    let catch_up = catch_up(&stage, &source);
    let error = catch_up.run_once().await.unwrap_err();
    assert!(error.to_string().contains("evt_1"), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    assert_eq!(stage.revoked.targets(), [member("usr_2")]);
    stage.clock.advance(lease);
    let report = catch_up.run_once().await.unwrap();
    assert_eq!((report.processed, report.before), (1, 1));
    assert_eq!(stage.revoked.targets(), [member("usr_1"), member("usr_2")]);
}

#[tokio::test]
async fn an_outage_of_a_store_ends_the_pass() {
    let (one, two) = (removed("evt_1", "usr_1"), removed("evt_2", "usr_2"));
    let source = Pages::of([&[one, two]]);
    let stage = Stage::new();
    let catch_up = catch_up(&stage, &source);
    stage.revoked.is_down.store(true, Ordering::SeqCst);
    let error = catch_up.run_once().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(catch_up.state().last_success, None);
    stage.revoked.is_down.store(false, Ordering::SeqCst);
    assert_eq!(catch_up.run_once().await.unwrap().processed, 2);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_logged_and_skipped() {
    logged::begin();
    let mut broken = removed("evt_1", "usr_1");
    broken["data"]["user"] = Value::Null;
    let source = Pages::of([&[Value::Null, broken, removed("evt_2", "usr_2")]]);
    let stage = Stage::new();
    let report = catch_up(&stage, &source).run_once().await.unwrap();
    assert_eq!((report.malformed, report.processed), (2, 1));
    let log = logged::text();
    assert_eq!(log.matches("ERROR").count(), 2, "{log}");
    assert!(log.contains("evt_1") && !log.contains("private"), "{log}");
}

#[tokio::test]
async fn the_number_of_pages_is_limited() {
    let source = Arc::new(Pages {
        endless: true,
        ..Pages::default()
    });
    let stage = Stage::new();
    let catch_up = builder(&stage, &source).max_pages(3).build().unwrap();
    let error = catch_up.run_once().await.unwrap_err();
    assert!(error.to_string().contains("more than 3 pages"), "{error}");
    assert_eq!(catch_up.state().last_success, None);
}

async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn it_runs_at_the_start_every_five_minutes_and_sooner_after_failures() {
    let source = Pages::of([]);
    let stage = Stage::new();
    let catch_up = catch_up(&stage, &source);
    let task = tokio::spawn(catch_up.run());
    let mut passes = 0;
    let mut expect = async |wait: u64, more: usize, name: &str| {
        stage.clock.advance(Duration::from_secs(wait));
        settle().await;
        passes += more;
        assert_eq!(source.starts().len(), passes, "{name}");
    };
    expect(0, 1, "at the start").await;
    expect(299, 0, "not yet").await;
    source.down_from.store(1, Ordering::SeqCst);
    expect(1, 1, "after 5 min, failing").await;
    expect(6, 0, "what the source asks for").await;
    expect(1, 1, "7 s").await;
    expect(7, 1, "7 s, longer than 2 s").await;
    expect(7, 1, "7 s, longer than 4 s").await;
    expect(7, 0, "8 s").await;
    expect(1, 1, "8 s").await;
    expect(16, 1, "16 s").await;
    source.down_from.store(0, Ordering::SeqCst);
    expect(30, 1, "30 s, succeeding").await;
    expect(299, 0, "not yet").await;
    expect(1, 1, "5 min again").await;
    assert_eq!(catch_up.state().failures, 0);
    drop(catch_up);
    stage.clock.advance(5 * MINUTE);
    task.await.unwrap();
    assert_eq!(source.starts().len(), passes, "the last handle is gone");
}

#[test]
fn settings_are_checked() {
    let stage = Stage::new();
    let source = Pages::of([]);
    let build =
        |change: fn(CatchUpBuilder) -> CatchUpBuilder| change(builder(&stage, &source)).build();
    assert!(build(|it| it).is_ok(), "the control");
    assert!(build(|it| it.every(24 * 60 * MINUTE).overlap(Duration::ZERO)).is_ok());
    type Change = fn(CatchUpBuilder) -> CatchUpBuilder;
    let rows: [(&str, Change); 7] = [
        ("every", |it| it.every(Duration::from_millis(999))),
        ("every", |it| it.every(25 * 60 * MINUTE)),
        ("overlap", |it| it.overlap(25 * 60 * MINUTE)),
        ("lookback", |it| it.lookback(Duration::ZERO)),
        ("lookback", |it| it.lookback(31 * 24 * 60 * MINUTE)),
        ("max_pages", |it| it.max_pages(0)),
        ("max_pages", |it| it.max_pages(100_001)),
    ];
    for (setting, change) in rows {
        let errors = build(change).unwrap_err().to_string();
        assert!(errors.starts_with(setting), "{errors}");
    }
}
