//! The MCP server: five tools, each with what it requires of its callers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use auth_core::policy::RequireRole;
use auth_core::rmcp::{Caller, authenticated, requires};
use auth_core::token::VerifiedToken;
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use rmcp::schemars::{self, JsonSchema};
use rmcp::{ErrorData, ServerHandler, tool, tool_handler, tool_router};
use serde::{Deserialize, Serialize};

/// Most notes that a caller can keep, and the longest of them in bytes.
const MAX_NOTES: usize = 100;
const MAX_NOTE_BYTES: usize = 2000;

/// Notes of each subject, in memory.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<HashMap<String, Vec<String>>>>);

/// The argument of `echo`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Echo {
    /// What to send back.
    pub message: String,
}

/// The argument of `notes_add`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewNote {
    /// The note, 2,000 bytes at the most.
    pub text: String,
}

/// The answer of `auth_status`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuthStatus {
    /// Always true: the layer refuses all other requests.
    pub authenticated: bool,
    /// The identity provider.
    pub provider: String,
    /// `sub`: the user, or the client itself.
    pub subject: String,
    /// `client_id`: the MCP client.
    pub client_id: Option<String>,
    /// `oid`: the organization that the user acts in.
    pub organization: Option<String>,
    /// The granted scopes.
    pub scopes: Vec<String>,
    /// When the token ends, in seconds since 1970.
    #[schemars(with = "i64", range(min = 0))]
    pub expires_at: u64,
    /// How long that is from now, in seconds.
    #[schemars(with = "i64", range(min = 0))]
    pub expires_in: u64,
    /// Whether a client acts for itself, without a user.
    pub machine: bool,
}

/// The answer of the notes tools.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NotesList {
    /// The caller's notes, the oldest first.
    pub notes: Vec<String>,
}

/// The answer of `admin_reset`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reset {
    /// How many notes there were.
    #[schemars(with = "i64", range(min = 0))]
    pub removed: usize,
}

impl AuthStatus {
    /// What this token says.
    pub(crate) fn of(token: &VerifiedToken) -> Self {
        let now = SystemTime::now();
        let seconds = |time: SystemTime, origin| {
            time.duration_since(origin)
                .map_or(0, |passed| passed.as_secs())
        };
        Self {
            authenticated: true,
            provider: "Scalekit".into(),
            subject: token.subject().into(),
            client_id: token.client_id().map(Into::into),
            organization: token.organization().map(Into::into),
            scopes: token.scopes().iter().map(ToString::to_string).collect(),
            expires_at: seconds(token.expires_at(), UNIX_EPOCH),
            expires_in: seconds(token.expires_at(), now),
            machine: token.is_machine(),
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "rmcp hands the arguments of a tool over by value"
)]
#[tool_router(vis = "pub(crate)")]
impl Notes {
    /// Echo the provided message.
    #[tool(annotations(read_only_hint = true), meta = authenticated().meta())]
    fn echo(&self, Parameters(Echo { message }): Parameters<Echo>) -> String {
        message
    }

    /// Show who is calling, as Scalekit's access token says.
    #[tool(annotations(read_only_hint = true), meta = authenticated().meta())]
    fn auth_status(&self, caller: Caller) -> Json<AuthStatus> {
        Json(AuthStatus::of(caller.token()))
    }

    /// List your notes. Needs the scope notes:read.
    #[tool(annotations(read_only_hint = true), meta = requires().scopes("notes:read").meta())]
    fn notes_list(&self, caller: Caller) -> Json<NotesList> {
        let notes = self.all().get(caller.token().subject()).cloned();
        Json(NotesList {
            notes: notes.unwrap_or_default(),
        })
    }

    /// Add a note. Needs the scope notes:write, which implies notes:read.
    #[tool(annotations(destructive_hint = false), meta = requires().scopes("notes:write").meta())]
    fn notes_add(
        &self,
        caller: Caller,
        Parameters(NewNote { text }): Parameters<NewNote>,
    ) -> Result<Json<NotesList>, ErrorData> {
        if text.len() > MAX_NOTE_BYTES {
            let problem = format!("text must be {MAX_NOTE_BYTES} bytes at the most");
            return Err(ErrorData::invalid_params(problem, None));
        }
        let mut all = self.all();
        let notes = all.entry(caller.token().subject().into()).or_default();
        if notes.len() >= MAX_NOTES {
            let problem = format!("there are {MAX_NOTES} notes already");
            return Err(ErrorData::invalid_params(problem, None));
        }
        notes.push(text);
        Ok(Json(NotesList {
            notes: notes.clone(),
        }))
    }

    /// Remove the notes of everyone. Needs the role admin.
    // Checked here, since no login gives a caller a role: a refusal within MCP is an error of this call, while some
    // clients take a 403 without a challenge as one of the connection. `requires().role("admin")` makes it the layer's.
    #[tool(annotations(destructive_hint = true), meta = authenticated().meta())]
    fn admin_reset(&self, caller: Caller) -> Result<Json<Reset>, ErrorData> {
        caller.require(&RequireRole::new("admin"))?;
        let removed = self.all().drain().map(|(_, notes)| notes.len()).sum();
        Ok(Json(Reset { removed }))
    }
}

impl Notes {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Vec<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tool_handler]
impl ServerHandler for Notes {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("Notes", env!("CARGO_PKG_VERSION")))
            .with_instructions("Notes, protected by Scalekit. auth_status describes the caller.")
    }
}
