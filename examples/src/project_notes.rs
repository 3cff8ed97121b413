//! The MCP server of several tutorials: notes of users and of projects, without a word about who may do what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_core::rmcp::Caller;
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use rmcp::schemars::{self, JsonSchema};
use rmcp::{ErrorData, ServerHandler, tool, tool_handler, tool_router};
use serde::Deserialize;

use crate::server::tools::{AuthStatus, NotesList};

/// Most notes in one place, and the longest of them in bytes.
const MAX_NOTES: usize = 100;
const MAX_NOTE_BYTES: usize = 2000;

/// Notes in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProjectNotes(Arc<Mutex<HashMap<Place, Vec<String>>>>);

/// Where a note is.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Place {
    User(String),
    Project(String),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WhichNotes {
    /// The project; your own notes without it.
    #[serde(default)]
    #[schemars(with = "String")]
    project: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewNote {
    /// The note, 2,000 bytes at the most.
    text: String,
    /// The project that it is about; your own notes without it.
    #[serde(default)]
    #[schemars(with = "String")]
    project: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Environment {
    Staging,
    Production,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Deployment {
    /// The project.
    project: String,
    /// Where to.
    environment: Environment,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "rmcp hands the arguments of a tool over by value"
)]
#[tool_router(vis = "pub(crate)")]
impl ProjectNotes {
    /// Show who is calling.
    #[tool(annotations(read_only_hint = true))]
    fn auth_status(&self, caller: Caller) -> Json<AuthStatus> {
        Json(AuthStatus::of(caller.token()))
    }

    /// List your notes, or those of a project.
    #[tool(annotations(read_only_hint = true))]
    fn notes_list(
        &self,
        caller: Caller,
        Parameters(WhichNotes { project }): Parameters<WhichNotes>,
    ) -> Json<NotesList> {
        let notes = self.all().get(&Place::of(&caller, project)).cloned();
        Json(NotesList {
            notes: notes.unwrap_or_default(),
        })
    }

    /// Add a note of your own, or to a project.
    #[tool(annotations(destructive_hint = false))]
    fn notes_add(
        &self,
        caller: Caller,
        Parameters(NewNote { text, project }): Parameters<NewNote>,
    ) -> Result<Json<NotesList>, ErrorData> {
        if text.len() > MAX_NOTE_BYTES {
            let problem = format!("text must be {MAX_NOTE_BYTES} bytes at the most");
            return Err(ErrorData::invalid_params(problem, None));
        }
        let mut all = self.all();
        let notes = all.entry(Place::of(&caller, project)).or_default();
        if notes.len() >= MAX_NOTES {
            let problem = format!("there are {MAX_NOTES} notes already");
            return Err(ErrorData::invalid_params(problem, None));
        }
        notes.push(text);
        Ok(Json(NotesList {
            notes: notes.clone(),
        }))
    }

    /// Deploy a project.
    #[tool(annotations(destructive_hint = true))]
    fn deploy(
        &self,
        Parameters(Deployment {
            project,
            environment,
        }): Parameters<Deployment>,
    ) -> String {
        format!("deployed {project} to {environment:?}").to_lowercase()
    }

    /// Remove all notes of everyone.
    #[tool(annotations(destructive_hint = true))]
    fn reset(&self) -> String {
        let removed: usize = self.all().drain().map(|(_, notes)| notes.len()).sum();
        format!("removed {removed}")
    }
}

impl ProjectNotes {
    fn all(&self) -> MutexGuard<'_, HashMap<Place, Vec<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn of(caller: &Caller, project: Option<String>) -> Self {
        match project {
            Some(project) => Self::Project(project),
            None => Self::User(caller.token().subject().into()),
        }
    }
}

#[tool_handler]
impl ServerHandler for ProjectNotes {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new(
                "Project notes",
                env!("CARGO_PKG_VERSION"),
            ))
            .with_instructions("Notes of users and projects. auth_status describes the caller.")
    }
}
