//! [`Reader`]: makes the calls one after the other, until the API does not answer.
//!
//! A call is repeated once after a failure that passes, and takes at most 5 s, with a delay that the API requests.
//! After 429, after no answer at all, and after two failures in a row, no further call is made: the API would not
//! answer it either, or other programs would not get their share of its limit.

use std::time::Duration;

use tokio::time::timeout;

use super::answer::{Answer, Problem};
use super::calls::Call;
use super::found::Found;
use super::requests;
use crate::management::{Management, ManagementErrorKind, Retries, TOKEN_CALL};

const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Some calls do not have the limit of the retries. Those that have it report more than that time is up.
const GRACE: Duration = Duration::from_secs(1);
const MAX_ATTEMPTS: u32 = 2;
/// That many failures in a row are an outage.
const OUTAGE: u32 = 2;

pub(super) struct Reader<'a> {
    management: Management,
    resource_id: &'a str,
    pub(super) found: Found,
    answers: Vec<(Call, Result<(), Problem>)>,
    failures: u32,
    is_over: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(management: &Management, resource_id: &'a str) -> Self {
        let retries = Retries::default()
            .max_attempts(MAX_ATTEMPTS)
            .time_limit(TIME_LIMIT);
        Self {
            management: management.clone().with_retries(retries),
            resource_id,
            found: Found::default(),
            answers: Vec::new(),
            failures: 0,
            is_over: false,
        }
    }

    /// Makes a call, unless it is known that it would not be answered.
    pub(super) async fn make(&mut self, call: Call) {
        let result = match self.is_over {
            true => Err(Problem::NotMade),
            false => self.read(call).await,
        };
        self.count_failures(&result);
        self.answers.push((call, result));
    }

    /// Makes all calls that were not made yet.
    pub(super) async fn make_the_rest(&mut self) {
        for call in Call::ALL {
            if !self.answers.iter().any(|(made, _)| made == call) {
                self.make(*call).await;
            }
        }
    }

    pub(super) fn answers(&self) -> impl Iterator<Item = (Call, Answer<'_>)> {
        let answers = self.answers.iter();
        answers.map(|(call, result)| (*call, result.as_ref().copied()))
    }

    pub(super) fn answer(&self, call: Call) -> Answer<'_> {
        let mut answers = self.answers();
        let found = answers.find(|(made, _)| *made == call);
        found.map_or(Err(&Problem::NotMade), |(_, answer)| answer)
    }

    async fn read(&mut self, call: Call) -> Result<(), Problem> {
        let request = requests::read(&self.management, self.resource_id, call, &mut self.found);
        let answer = timeout(TIME_LIMIT + GRACE, request).await;
        answer.unwrap_or(Err(Problem::TimedOut))
    }

    fn count_failures(&mut self, result: &Result<(), Problem>) {
        let ends = match result {
            Err(Problem::Failed(error)) if error.call() == TOKEN_CALL => true,
            Err(Problem::Failed(error)) => match (error.kind(), error.status()) {
                (ManagementErrorKind::RateLimited, _)
                | (ManagementErrorKind::Unavailable, None) => true,
                (ManagementErrorKind::Unavailable, Some(_)) => {
                    self.failures += 1;
                    self.failures >= OUTAGE
                }
                _ => {
                    self.failures = 0;
                    false
                }
            },
            Err(Problem::TimedOut) => true,
            Err(Problem::NoId(_) | Problem::NotMade) => false,
            Ok(()) => {
                self.failures = 0;
                false
            }
        };
        self.is_over |= ends;
    }
}
