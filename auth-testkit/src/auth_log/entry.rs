//! One row, and how it ended.

use std::time::SystemTime;

/// How an attempt to sign in stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthStatus {
    /// It has begun.
    Initiated,
    /// It waits for the user.
    Pending,
    /// The user has signed in.
    Success,
    /// It has failed, or the user has denied it.
    Failed,
}

impl AuthStatus {
    const ALL: [Self; 4] = [Self::Initiated, Self::Pending, Self::Success, Self::Failed];

    /// As the API names it: `SUCCESS`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Initiated => "INITIATED",
            Self::Pending => "PENDING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
        }
    }

    /// In either case.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|status| status.name().eq_ignore_ascii_case(name))
    }
}

/// A row for [`Admin::add_authentication_log`](crate::Admin::add_authentication_log). What is not set is of the user
/// who signs in by default, at the MCP server, now.
///
/// ```
/// # async fn example() {
/// use auth_testkit::{AuthLogDraft, AuthStatus};
///
/// # let scalekit = auth_testkit::MockScalekit::start().await;
/// let draft = AuthLogDraft::new(AuthStatus::Failed).email("eve@example.com").client("m2m_7", "Claude");
/// let id = scalekit.admin().add_authentication_log(draft);
/// assert!(id.starts_with("ar_"));
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a draft does nothing until it is added"]
pub struct AuthLogDraft {
    pub(crate) status: AuthStatus,
    pub(crate) email: Option<String>,
    pub(crate) organization: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_name: String,
    pub(crate) connected_account: Option<String>,
    pub(crate) at: Option<SystemTime>,
}

impl AuthLogDraft {
    /// A row with this status.
    pub fn new(status: AuthStatus) -> Self {
        Self {
            status,
            email: None,
            organization: None,
            resource: None,
            client_id: "m2m_1000000001".to_owned(),
            client_name: "client".to_owned(),
            connected_account: None,
            at: None,
        }
    }

    /// The e-mail address of the user.
    pub fn email(mut self, address: impl Into<String>) -> Self {
        self.email = Some(address.into());
        self
    }

    /// The id of the organization. Default: the first of the user.
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// The id of another MCP server than the mock's.
    pub fn resource(mut self, id: impl Into<String>) -> Self {
        self.resource = Some(id.into());
        self
    }

    /// Id and name of the client. Default `m2m_1000000001` and `client`.
    pub fn client(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.client_id = id.into();
        self.client_name = name.into();
        self
    }

    /// The identifier of the connected account.
    pub fn connected_account(mut self, identifier: impl Into<String>) -> Self {
        self.connected_account = Some(identifier.into());
        self
    }

    /// When it happened. Rows are listed in the order in which they were added, the last first.
    pub fn at(mut self, time: SystemTime) -> Self {
        self.at = Some(time);
        self
    }
}

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct AuthLogEntry {
    pub(crate) status: AuthStatus,
    pub(crate) at: SystemTime,
    pub(crate) email: String,
    pub(crate) organization: Option<String>,
    /// None: a sign-in to the client itself.
    pub(crate) resource: Option<String>,
    /// As the API names it, which is not the URL of a client metadata document.
    pub(crate) client_id: String,
    pub(crate) client_name: String,
    pub(crate) connected_account: Option<String>,
}
