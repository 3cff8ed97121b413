//! All requests in the order in which they came.

use std::fmt;

use http::{Request, StatusCode};

use super::RecordedRequest;
use crate::issuer::Endpoint;

/// The requests since the start.
#[derive(Debug, Default)]
pub(crate) struct Log(Vec<RecordedRequest>);

impl Log {
    /// Notes a request, and returns its number.
    pub(crate) fn note(&mut self, endpoint: Endpoint, request: &Request<Vec<u8>>) -> usize {
        self.0.push(RecordedRequest::new(endpoint, request));
        self.0.len() - 1
    }

    /// Notes what the request of this number was answered.
    pub(crate) fn answered(&mut self, number: usize, status: StatusCode) {
        if let Some(request) = self.0.get_mut(number) {
            request.answered(status);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &RecordedRequest> {
        self.0.iter()
    }
}

/// A line for each.
impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no request came\n");
        }
        for (at, request) in self.0.iter().enumerate() {
            writeln!(f, "{:>3}. {request}", at + 1)?;
        }
        Ok(())
    }
}
