//! [`CatchUp`]: reads events at the start and from time to time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use auth_core::error::ErrorChain;

use super::builder::CatchUpBuilder;
use super::pass::{CatchUpError, CatchUpReport, Pass};
use super::source::{EventQuery, EventSource};
use crate::remote::Backoff;
use crate::webhooks::processor::EventProcessor;

/// Processes events whose webhooks did not arrive, through the same [`EventProcessor`]: an event that has arrived is
/// not processed again.
///
/// The first pass begins 24 h and 10 min ago, each later one 10 min before the start of the last pass that has processed
/// all events of all pages. After a failure there is another pass after 1 s, doubling to 30 s, or after the time that
/// the events API asks for, but not later than usual. Cheap to clone.
///
/// An event whose lookup or handler fails, or takes too long, is passed over: the others are processed, and the next
/// pass begins at the same start. So a single event that always fails keeps [`CatchUpState::last_success`] where it is,
/// and every pass as long as the time since then. A store of revocations or of processed events that is unavailable
/// ends a pass, since all events need it. A pass that has read [`max_pages`](CatchUpBuilder::max_pages) is continued by
/// the next one; if it cannot be, that begins anew, after the usual interval.
///
/// ```
/// use auth_scalekit::management::Management;
/// use auth_scalekit::webhooks::{CatchUp, EventProcessor};
///
/// # fn demo(api: Management, processor: EventProcessor) -> Result<(), auth_core::error::ConfigErrors> {
/// let catch_up = CatchUp::builder(api, processor).build()?;
/// tokio::spawn(catch_up.run());
/// // Keep it: the task ends when the last handle is dropped.
/// println!("{:?}", catch_up.state());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct CatchUp(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: Settings,
    state: Mutex<CatchUpState>,
    /// One pass at a time; one with too many pages is continued.
    unfinished: tokio::sync::Mutex<Option<Pass>>,
}

#[derive(Debug)]
pub(super) struct Settings {
    pub(super) source: Arc<dyn EventSource>,
    pub(super) processor: EventProcessor,
    pub(super) interval: Duration,
    pub(super) overlap: Duration,
    pub(super) lookback: Duration,
    pub(super) max_pages: usize,
}

/// The state of [`CatchUp`], for health checks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CatchUpState {
    /// The start of the last pass that has processed all events; `None` if there was none yet. One that was passed over
    /// counts as not processed.
    pub last_success: Option<SystemTime>,
    /// Passes in a row that have failed, also for a single event that was passed over.
    pub failures: u32,
    /// Events that the last pass has passed over, because their lookup or the handler has failed or was too slow.
    pub failed_events: u64,
    /// Why the last pass has failed, if it has. Names the first of the failed events.
    pub last_error: Option<String>,
}

impl CatchUp {
    /// Settings: where events are read, and what processes them.
    pub fn builder(source: impl EventSource, processor: EventProcessor) -> CatchUpBuilder {
        CatchUpBuilder::new(Arc::new(source), processor)
    }

    pub(super) fn from_settings(settings: Settings) -> Self {
        Self(Arc::new(Shared {
            settings,
            state: Mutex::default(),
            unfinished: tokio::sync::Mutex::default(),
        }))
    }

    /// The state. Reads nothing.
    #[must_use]
    pub fn state(&self) -> CatchUpState {
        self.0.state().clone()
    }

    /// Reads events now, and then again from time to time, until the last handle is dropped. Needs a tokio runtime.
    #[must_use = "spawn it"]
    pub fn run(&self) -> impl Future<Output = ()> + Send + 'static {
        let weak = Arc::downgrade(&self.0);
        async move {
            while let Some(shared) = weak.upgrade() {
                let settings = &shared.settings;
                let wait = match shared.run_once().await {
                    Ok(_) => settings.interval,
                    Err(failure) => shared.backoff(&failure),
                };
                let pause = settings.processor.clock().sleep(wait);
                drop(shared);
                pause.await;
            }
        }
    }

    /// Makes one pass. If one is in progress, waits for it first.
    ///
    /// # Errors
    ///
    /// [`CatchUpError`], which was logged: not all events were processed.
    pub async fn run_once(&self) -> Result<CatchUpReport, CatchUpError> {
        self.0.run_once().await.map_err(|failure| failure.error)
    }
}

/// Why a pass has failed.
struct Failure {
    error: CatchUpError,
    /// It was to continue another pass, and could not.
    of_continuation: bool,
}

impl Shared {
    async fn run_once(&self) -> Result<CatchUpReport, Failure> {
        let mut unfinished = self.unfinished.lock().await;
        let settings = &self.settings;
        let event_types = settings.processor.event_types();
        // An empty list would mean all types.
        let is_without_effects = event_types.as_deref() == Some(&[]);
        let mut pass = unfinished.take().unwrap_or_else(|| {
            let started = settings.processor.clock().now();
            let start = self.start(started);
            Pass::new(EventQuery { start, event_types }, started)
        });
        let started = pass.started();
        let was_continued = pass.is_continued();
        let (source, processor) = (&*settings.source, &settings.processor);
        let result = match is_without_effects {
            true => Ok(CatchUpReport::default()),
            false => pass.advance(source, processor, settings.max_pages).await,
        };
        if let Err(CatchUpError::TooManyPages(_)) = result {
            *unfinished = Some(pass);
        }
        let mut state = self.state();
        match &result {
            Ok(report) => {
                if report.processed > 0 {
                    let events = report.processed;
                    tracing::info!(events, "events were processed whose webhooks are missing");
                }
                *state = CatchUpState {
                    last_success: Some(started),
                    ..CatchUpState::default()
                };
            }
            Err(error) => {
                let failed_events = match error {
                    CatchUpError::Events { failed, .. } => *failed,
                    _ => 0,
                };
                let error = ErrorChain(error).to_string();
                tracing::warn!(error, "missing events are read again later");
                state.failures = state.failures.saturating_add(1);
                state.failed_events = failed_events;
                state.last_error = Some(error);
            }
        }
        result.map_err(|error| Failure {
            of_continuation: was_continued && matches!(error, CatchUpError::Source(_)),
            error,
        })
    }

    /// From when on events are read.
    fn start(&self, now: SystemTime) -> SystemTime {
        let settings = &self.settings;
        let start = match self.state().last_success {
            // The clock may have been set back.
            Some(last) => last.min(now).checked_sub(settings.overlap),
            None => now.checked_sub(settings.lookback),
        };
        start.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn backoff(&self, failure: &Failure) -> Duration {
        // The same pages are read again, all of them.
        if failure.of_continuation {
            return self.settings.interval;
        }
        let failures = self.state().failures;
        let wait = Backoff::default().wait_at_least(failures, failure.error.retry_after());
        wait.min(self.settings.interval)
    }

    fn state(&self) -> MutexGuard<'_, CatchUpState> {
        // No update under this lock can be left incomplete by a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
