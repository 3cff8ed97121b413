//! What the client carries from one round of a call to the next, without being able to change it.

use std::time::Duration;

use aws_lc_rs::rand;
use rmcp::model::{RequestStateCodec, RequestStateError, SealOptions};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use super::caller::subject;

/// Longer than a user thinks about a form.
const LIFETIME: Duration = Duration::from_secs(600);

/// Seals and opens states, each for one tool and one caller.
#[derive(Debug)]
pub(super) struct States(RequestStateCodec);

impl States {
    /// With a key of its own: states do not outlive the process.
    pub(super) fn new() -> Result<Self, StatesError> {
        let mut key = [0; RequestStateCodec::MIN_KEY_LENGTH];
        rand::fill(&mut key).map_err(|_| StatesError::Random)?;
        Ok(Self(RequestStateCodec::try_new(key)?))
    }

    /// Where a call of `tool` stands.
    pub(super) fn seal(
        &self,
        context: &RequestContext<RoleServer>,
        tool: &str,
        stands_at: &str,
    ) -> String {
        let bound_to = bound_to(context, tool);
        let options = SealOptions::new().associated_data(&bound_to).ttl(LIFETIME);
        self.0.seal_with(stands_at.as_bytes(), &options)
    }

    /// Where the call stands by `state`, as this server has sealed it for this caller and tool.
    pub(super) fn open(
        &self,
        context: &RequestContext<RoleServer>,
        tool: &str,
        state: &str,
    ) -> Result<String, ErrorData> {
        let opened = self.0.open_with(state, &bound_to(context, tool));
        let opened = opened.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        // Why it does not open would only help who made it up.
        opened.ok_or_else(|| ErrorData::invalid_params("requestState is not of this server", None))
    }
}

/// Why states cannot be sealed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StatesError {
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// The key is refused.
    #[error("the key is refused")]
    Key(#[from] RequestStateError),
}

fn bound_to(context: &RequestContext<RoleServer>, tool: &str) -> Vec<u8> {
    let mut bytes = tool.as_bytes().to_vec();
    bytes.push(0);
    bytes.extend(subject(context).unwrap_or_default().into_bytes());
    bytes
}
