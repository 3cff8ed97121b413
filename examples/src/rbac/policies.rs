//! The schema of the server, the policies in force, and those in a dry run.

use std::path::Path;

use auth_core::error::ConfigErrors;
use auth_core::policy::cedar::{Cedar, CedarBuilder};

use crate::project_notes::ProjectNotes;

/// The policies of a server.
#[derive(Debug, Clone)]
pub struct Policies {
    /// Those that decide.
    pub in_force: Cedar,
    /// Those that only report what they would have refused.
    pub dry_run: Option<Cedar>,
}

impl Policies {
    /// Reads both files. `issuer` is the Scalekit environment whose users they name.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with each mistake in the first faulty file, with line and column.
    pub fn read(
        issuer: &str,
        in_force: &Path,
        dry_run: Option<&Path>,
    ) -> Result<Self, ConfigErrors> {
        let read = |path: &Path| server().issuer(issuer).policy_file(path).build();
        Ok(Self {
            in_force: read(in_force)?,
            dry_run: dry_run.map(read).transpose()?,
        })
    }
}

/// What policies about this server can name, as Cedar's own schema.
///
/// # Errors
///
/// [`ConfigErrors`] when the tools make no schema.
pub fn schema() -> Result<String, ConfigErrors> {
    // It is the same whatever the policies are.
    let cedar = server().issuer("any").policies("").build()?;
    Ok(cedar.schema().to_owned())
}

fn server() -> CedarBuilder {
    Cedar::builder().tools(ProjectNotes::tool_router().list_all())
}
