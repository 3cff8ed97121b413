//! [`Found`]: what the checks and later calls need of the answers. Of clients and consents that is their number.

use super::answer::Problem;
use crate::management::{Resource, ResourceClient};

/// What was read.
#[derive(Default)]
pub(super) struct Found {
    pub(super) resource: Option<Resource>,
    pub(super) clients: Option<ClientNumbers>,
    pub(super) consents: Option<Count>,
    pub(super) organization: Option<String>,
    pub(super) user: Option<String>,
    pub(super) session: Option<String>,
    pub(super) directory: Option<String>,
}

/// How many clients there are, by how they became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientNumbers {
    /// In the dashboard or by the API.
    pub(super) created: usize,
    /// By themselves (RFC 7591).
    pub(super) registered: usize,
    /// By the URL of a metadata document.
    pub(super) documents: usize,
}

impl ClientNumbers {
    pub(super) fn of(clients: &[ResourceClient]) -> Self {
        let number = |is: fn(&ResourceClient) -> bool| clients.iter().filter(|it| is(it)).count();
        Self {
            created: number(|it| !it.is_dcr && !it.is_cimd),
            registered: number(|it| it.is_dcr && !it.is_cimd),
            documents: number(|it| it.is_cimd),
        }
    }
}

/// A number of items, or that there are at least this many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Exactly(usize),
    AtLeast(usize),
}

impl Found {
    pub(super) fn organization(&self) -> Result<&str, Problem> {
        known(&self.organization, "organization")
    }

    pub(super) fn user(&self) -> Result<&str, Problem> {
        known(&self.user, "user")
    }

    pub(super) fn session(&self) -> Result<&str, Problem> {
        known(&self.session, "session")
    }

    pub(super) fn directory(&self) -> Result<&str, Problem> {
        known(&self.directory, "directory")
    }
}

fn known<'a>(id: &'a Option<String>, what: &'static str) -> Result<&'a str, Problem> {
    id.as_deref().ok_or(Problem::NoId(what))
}
