//! `mock-scalekit event`: makes an event of an issuer that is being served.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};

use super::control_client::ControlClient;
use super::token::named_json;
use super::{Failure, print};
use crate::EventType;

/// Makes an event, which is sent to webhooks and listed by the events API. Nothing else changes: what ends sessions or
/// removes members is at `/changes` of the control API.
#[derive(Debug, Args)]
pub(super) struct Event {
    #[command(flatten)]
    control: ControlClient,
    /// The type, such as organization.domain_created; without one, all types are listed
    #[arg(value_name = "TYPE")]
    kind: Option<EventType>,
    /// The organization [default: the first of the user]
    #[arg(long)]
    organization: Option<String>,
    /// The user, by `sub` or e-mail address [default: who signs in]
    #[arg(long)]
    user: Option<String>,
    /// The session of user.login and user.logout
    #[arg(long)]
    session: Option<String>,
    /// The name of the role, permission, group or domain
    #[arg(long)]
    name: Option<String>,
    /// A member of the payload, as NAME=JSON; a value that is not JSON is taken as a string
    #[arg(long, value_name = "NAME=JSON", value_parser = named_json)]
    data: Vec<(String, Value)>,
}

impl Event {
    pub(super) fn main(&self) -> Result<ExitCode, Failure> {
        let Some(kind) = self.kind else {
            for kind in EventType::all() {
                print(kind.name())?;
            }
            return Ok(ExitCode::SUCCESS);
        };
        let request = json!({
            "type": kind.name(),
            "organization": self.organization,
            "user": self.user,
            "session": self.session,
            "name": self.name,
            "data": self.data.iter().cloned().collect::<Map<_, _>>(),
        });
        let id = self.control.post("events", &request, "event")?;
        print(&id)?;
        Ok(ExitCode::SUCCESS)
    }
}
