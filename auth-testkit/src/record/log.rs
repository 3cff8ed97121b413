//! The requests in the order in which they came: the newest, since a mock may be served for days.

use std::collections::VecDeque;
use std::fmt;

use http::{Request, StatusCode};

use super::RecordedRequest;
use crate::endpoint::Endpoint;

/// More are forgotten, the oldest first.
pub(crate) const KEPT: usize = 10_000;

/// The newest requests since the start.
#[derive(Debug, Default)]
pub(crate) struct Log {
    kept: VecDeque<RecordedRequest>,
    forgotten: usize,
}

impl Log {
    /// Notes a request, and returns its number.
    pub(crate) fn note(&mut self, endpoint: Endpoint, request: &Request<Vec<u8>>) -> usize {
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
            self.forgotten += 1;
        }
        self.kept.push_back(RecordedRequest::new(endpoint, request));
        self.forgotten + self.kept.len() - 1
    }

    /// Notes what the request of this number was answered.
    pub(crate) fn answered(&mut self, number: usize, status: StatusCode) {
        let at = number.checked_sub(self.forgotten);
        if let Some(request) = at.and_then(|at| self.kept.get_mut(at)) {
            request.answered(status);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &RecordedRequest> {
        self.kept.iter()
    }
}

/// A line for each.
impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kept.is_empty() {
            return f.write_str("no request came\n");
        }
        for (at, request) in self.kept.iter().enumerate() {
            writeln!(f, "{:>3}. {request}", self.forgotten + at + 1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_under_their_numbers() {
        let mut log = Log::default();
        let request = Request::get("/keys").body(Vec::new()).unwrap();
        for number in 0..KEPT + 3 {
            assert_eq!(log.note(Endpoint::Keys, &request), number);
        }
        assert_eq!(log.iter().count(), KEPT);
        log.answered(2, StatusCode::NOT_FOUND);
        log.answered(3, StatusCode::OK);
        let first = log.iter().next().and_then(RecordedRequest::status);
        assert_eq!(first, Some(200), "the one of that number");
        assert!(log.to_string().starts_with("  4. GET /keys"), "{log}");
    }
}
