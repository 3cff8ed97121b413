//! The findings for a client or a request that the issuer refuses.

use url::Url;

use super::authorization_response::{ErrorPage, OAuthError};
use super::complaint::Complaint;
use super::registered::RegisteredClient;
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;

pub(super) const ASK_AGAIN: &str =
    "try again, and contact Scalekit support if the problem persists";
pub(super) const CHECK_ENVIRONMENT: &str = "check that SCALEKIT_ENVIRONMENT_URL leads to Scalekit";

/// The issuer shows an error to the user and does not redirect to the client.
pub(super) fn of_client(client: &RegisteredClient, page: &ErrorPage) -> Finding {
    let id = format::quoted(&client.client_id);
    let reply = describe(page);
    let (code, what, fix) = match page.complaint {
        Some(Complaint::Client(_)) => (
            "invalid_client",
            format!("the issuer does not accept the client {id} ({reply})"),
            other_client(&client.client_id),
        ),
        Some(Complaint::RedirectUri(_)) => {
            let to = format::quoted(&client.redirect_uri);
            (
                "redirect-mismatch",
                format!("the issuer does not send users of the client {id} back to {to} ({reply})"),
                format!(
                    "enter {to} for the client in the Scalekit dashboard (MCP Servers), byte for byte with its port; \
                     or give what is entered there with --redirect-uri, and let the client listen there \
                     (--callback-port of the example client)"
                ),
            )
        }
        None => (
            "refused",
            format!("the authorization endpoint shows the client {id} no login ({reply})"),
            ASK_AGAIN.into(),
        ),
    };
    // A page with status 200 may mention the phrase in another context.
    if page.may_be_a_login() {
        return Check::Client.warning(code, what, fix);
    }
    Check::Client.failure(code, what, fix)
}

/// Status and text of a reply; of an HTML page only the recognized phrase.
fn describe(page: &ErrorPage) -> String {
    let status = page.status.as_u16();
    match page.complaint.map(Complaint::word) {
        Some(word) if page.is_html => format!("status {status}, a page that says {word:?}"),
        None if page.is_html => format!("status {status}, a page"),
        _ if page.text.trim().is_empty() => format!("status {status}"),
        _ => format!("status {status}: {}", format::quoted(page.text.trim())),
    }
}

fn other_client(client_id: &str) -> String {
    let document = Url::parse(client_id).is_ok_and(|url| url.scheme() == "https");
    let hint = if client_id.starts_with("skc_") || client_id.contains("_skc_") {
        "give the id of an MCP client (m2m_...): skc_... is a client of the environment, which cannot log in to an MCP \
         server"
    } else if document {
        "let that URL serve the client's metadata document, and turn client metadata documents on for the MCP server \
         in the Scalekit dashboard (MCP Servers)"
    } else {
        "give the id of a client of this MCP server in this environment: register it in the Scalekit dashboard \
         (MCP Servers), or let the client forget what it has stored (client tokens clear URL), so that it registers anew"
    };
    hint.into()
}

/// The client receives the error, so the issuer knows it and its redirect URI.
pub(super) fn of_request(
    subject: &Subject<'_>,
    client: &RegisteredClient,
    error: &OAuthError,
) -> Finding {
    let id = format::quoted(&client.client_id);
    let (code, fix) = match error.error.as_str() {
        "access_denied" => (
            "access_denied",
            "look into the authentication logs of the Scalekit dashboard for who is denied access and why: no user was asked".into(),
        ),
        "unauthorized_client" => ("invalid_client", other_client(&client.client_id)),
        "invalid_scope" => (
            "invalid_scope",
            "enable the required scopes for the MCP server in the Scalekit dashboard (Authorization > Permissions), \
             or take them out of SCALEKIT_REQUIRED_SCOPES"
                .into(),
        ),
        "invalid_target" => (
            "invalid_target",
            format!(
                "write the same into SCALEKIT_MCP_URL, which is {}, and into the Server URL of {} in the Scalekit dashboard",
                subject.mcp_url, subject.resource_id
            ),
        ),
        "server_error" => ("server_error", ASK_AGAIN.into()),
        "temporarily_unavailable" => ("temporarily_unavailable", ASK_AGAIN.into()),
        _ => ("refused", CHECK_ENVIRONMENT.into()),
    };
    Check::Client.failure(
        code,
        format!(
            "the client {id} is known, with its redirect URI, but receives {}",
            format::quoted(&error.text())
        ),
        fix,
    )
}
