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

use crate::effects::Lookup;
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
    /// The numbers of the pages that were asked for.
    read: Mutex<Vec<usize>>,
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

    /// The pages that were asked for since the last call.
    fn read(&self) -> Vec<usize> {
        std::mem::take(&mut *self.read.lock().unwrap())
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
        self.read.lock().unwrap().push(number);
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
    // The longest lifetime of a token, and the overlap.
    let lookback = 24 * 60 * MINUTE + 10 * MINUTE;
    let expected = [
        first - lookback,
        second - lookback,
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

/// An event of a user of a directory whose lookup is never answered.
fn not_found_now(id: &str) -> Value {
    let mut event = samples::event("organization.directory.user_deleted", id);
    event["data"]["organization_id"] = "org_4".into();
    event
}

#[tokio::test]
async fn a_lookup_that_always_fails_does_not_hold_up_the_others() {
    let found = samples::event("organization.directory.user_deleted", "evt_1");
    for (name, first, fails) in [
        ("the control", found, false),
        ("a lookup that fails", not_found_now("evt_1"), true),
    ] {
        let source = Pages::of([&[first], &[removed("evt_2", "usr_2")]]);
        let stage = Stage::with(|builder| builder.lookup(Lookup::default()));
        let catch_up = catch_up(&stage, &source);
        for pass in 0..2 {
            let result = catch_up.run_once().await;
            assert_eq!(result.is_err(), fails, "{name}: {pass}");
            assert_eq!(source.read(), [0, 1], "{name}: all pages");
            assert!(stage.revoked.targets().contains(&member("usr_2")), "{name}");
            assert_eq!(catch_up.state().last_success.is_none(), fails, "{name}");
        }
        let text = catch_up.state().last_error.unwrap_or_default();
        assert_eq!(text.contains("evt_1"), fails, "{text}");
    }
}

#[tokio::test]
async fn a_handler_that_always_fails_or_hangs_does_not_hold_up_the_others() {
    for (name, fails, hangs) in [
        ("the control", false, false),
        ("fails", true, false),
        ("hangs", false, true),
    ] {
        let handled = Arc::new(AtomicUsize::default());
        let stage = Stage::with(|builder| {
            let handled = Arc::clone(&handled);
            builder.on_event(move |event| {
                let handled = Arc::clone(&handled);
                async move {
                    match event.id() == "evt_1" {
                        true if hangs => std::future::pending().await,
                        true if fails => Err("the database is full".into()),
                        _ => {
                            handled.fetch_add(1, Ordering::SeqCst);
                            Ok(())
                        }
                    }
                }
            })
        });
        let source = Pages::of([&[removed("evt_1", "usr_1")], &[removed("evt_2", "usr_2")]]);
        let catch_up = catch_up(&stage, &source);
        let task = tokio::spawn({
            let catch_up = catch_up.clone();
            async move { catch_up.run_once().await }
        });
        settle().await;
        assert_eq!(task.is_finished(), !hangs, "{name}");
        stage.clock.advance(Duration::from_secs(5));
        let is_ok = task.await.unwrap().is_ok();
        assert_eq!(is_ok, !(fails || hangs), "{name}");
        let expected = 1 + usize::from(is_ok);
        assert_eq!(handled.load(Ordering::SeqCst), expected, "{name}");
    }
}

#[tokio::test]
async fn a_store_that_hangs_ends_the_pass() {
    let source = Pages::of([&[removed("evt_1", "usr_1"), removed("evt_2", "usr_2")]]);
    let stage = Stage::new();
    let catch_up = catch_up(&stage, &source);
    stage.processed.hangs.store(true, Ordering::SeqCst);
    let task = tokio::spawn({
        let catch_up = catch_up.clone();
        async move { catch_up.run_once().await }
    });
    settle().await;
    // Longer than a store may take for one command, which is 2 s with Redis.
    stage.clock.advance(Duration::from_millis(2_499));
    settle().await;
    assert!(!task.is_finished());
    stage.clock.advance(Duration::from_millis(1));
    settle().await;
    assert!(task.is_finished(), "the second event is not tried");
    task.await.unwrap().unwrap_err();
    stage.processed.hangs.store(false, Ordering::SeqCst);
    assert_eq!(catch_up.run_once().await.unwrap().processed, 2);
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

#[tokio::test]
async fn a_pass_over_too_many_pages_goes_on_where_it_has_ended() {
    let (one, two) = (removed("evt_1", "usr_1"), removed("evt_2", "usr_2"));
    let source = Pages::of([&[one], &[], &[], &[], &[two]]);
    let stage = Stage::new();
    let catch_up = builder(&stage, &source).max_pages(2).build().unwrap();
    let first = stage.clock.now();
    for pages in [[0, 1], [2, 3]] {
        catch_up.run_once().await.unwrap_err();
        assert_eq!(source.read(), pages);
        assert_eq!(catch_up.state().last_success, None);
        stage.clock.advance(MINUTE);
    }
    let report = catch_up.run_once().await.unwrap();
    assert_eq!(source.read(), [4]);
    assert_eq!(report.processed, 2, "of all parts");
    assert_eq!(stage.revoked.targets(), [member("usr_1"), member("usr_2")]);
    let state = catch_up.state();
    assert_eq!(state.last_success, Some(first), "the start of the first");
    assert_eq!((state.failures, state.last_error), (0, None));
    catch_up.run_once().await.unwrap_err();
    assert_eq!(source.read(), [0, 1], "the next begins anew");
}

#[tokio::test]
async fn an_event_that_failed_in_an_earlier_part_is_not_forgotten() {
    let source = Pages::of([&[not_found_now("evt_1")], &[], &[removed("evt_2", "usr_2")]]);
    let stage = Stage::with(|builder| builder.lookup(Lookup::default()));
    let catch_up = builder(&stage, &source).max_pages(2).build().unwrap();
    catch_up.run_once().await.unwrap_err();
    let error = catch_up.run_once().await.unwrap_err();
    assert!(error.to_string().contains("evt_1"), "{error}");
    assert_eq!(source.read(), [0, 1, 2]);
    assert_eq!(catch_up.state().last_success, None);
    catch_up.run_once().await.unwrap_err();
    assert_eq!(source.read(), [0, 1], "from the same start");
}

#[tokio::test]
async fn where_it_cannot_continue_it_begins_anew_after_the_whole_interval() {
    let source = Arc::new(Pages {
        endless: true,
        ..Pages::default()
    });
    let stage = Stage::new();
    let catch_up = builder(&stage, &source).max_pages(3).build().unwrap();
    let task = tokio::spawn(catch_up.run());
    let expect = async |wait: u64, pages: &[usize], name: &str| {
        stage.clock.advance(Duration::from_secs(wait));
        settle().await;
        assert_eq!(source.read(), pages, "{name}");
    };
    expect(0, &[0, 1, 2], "at the start").await;
    expect(1, &[3, 4, 5], "it continues").await;
    // Page 6 is not available.
    source.down_from.store(7, Ordering::SeqCst);
    expect(2, &[6], "it cannot continue").await;
    expect(299, &[], "not yet").await;
    expect(1, &[0, 1, 2], "after 5 min").await;
    drop(catch_up);
    stage.clock.advance(5 * MINUTE);
    task.await.unwrap();
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
