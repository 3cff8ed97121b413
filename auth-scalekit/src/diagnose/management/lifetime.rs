//! The lifetime of access tokens.

use std::time::Duration;

use crate::diagnose::report::{Check, Finding, format};
use crate::management::Resource;

/// The longest lifetime that Scalekit advises, since tokens cannot be revoked there.
const ADVISED: Duration = Duration::from_secs(3600);

const SHORTEN: &str = "set the lifetime of access tokens of the MCP server to 300 to 3600 s in \
    the Scalekit dashboard (MCP Servers)";

pub(super) fn check(resource: &Resource, longest: Option<Duration>) -> Finding {
    let check = Check::ResourceLifetime;
    let Some(lifetime) = resource.access_token_expiry else {
        return check.note("the API does not state how long access tokens live");
    };
    let lives = format!("access tokens live {}", format::span(lifetime));
    match longest {
        Some(longest) if lifetime > longest => check.failure(
            "refused",
            format!(
                "{lives}, but this server accepts {} at most (max_lifetime)",
                format::span(longest)
            ),
            format!("{SHORTEN}, or raise max_lifetime of ScalekitBuilder"),
        ),
        _ if lifetime > ADVISED => check.warning(
            "long",
            format!("{lives}, longer than Scalekit advises"),
            format!(
                "{SHORTEN}, or let this server receive webhooks (SCALEKIT_WEBHOOK_SECRET), which \
                 revoke tokens"
            ),
        ),
        _ => check.ok(lives),
    }
}
