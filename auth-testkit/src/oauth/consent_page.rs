//! The HTML of the consent page: without scripts, it shows which client asks for which scopes, and where the
//! browser will be sent.

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use url::Url;

use super::client::RegisteredClient;
use super::redirect_uri::{is_loopback, is_of_the_web};
use super::reply::{self, Reply};
use crate::settings::{Organization, Settings, User, is_identity_scope};

const STYLE: &str = include_str!("../../templates/consent.css");

/// Longer names are cut: a client chooses its own, and must not push the rest off the page.
const MAX_NAME: usize = 80;

/// The content of the page.
pub(super) struct Page<'a> {
    /// Where the answer is sent.
    pub(super) action: &'a str,
    /// The secret by which the form finds its authorization request.
    pub(super) ticket: &'a str,
    pub(super) client: &'a RegisteredClient,
    pub(super) client_id: &'a str,
    pub(super) redirect_uri: &'a str,
    /// The MCP server.
    pub(super) resource: &'a str,
    pub(super) scopes: &'a [String],
    /// Who may sign in; the first is chosen unless the user says otherwise.
    pub(super) users: &'a [UserChoice<'a>],
}

/// A user who may sign in, and the organizations that the user may choose.
pub(super) struct UserChoice<'a> {
    user: &'a User,
    /// The first is chosen unless the user says otherwise.
    organizations: Vec<Organization>,
    organization_field: String,
}

impl<'a> UserChoice<'a> {
    /// The organizations of the user, or the one that the request names.
    pub(super) fn new(settings: &Settings, user: &'a User, named: Option<&str>) -> Self {
        let all = user.memberships.iter();
        let offered =
            all.filter(|membership| named.is_none_or(|named| named == membership.organization.id));
        let described = |organization| settings.directory.described(organization);
        Self {
            user,
            organizations: offered
                .map(|membership| described(&membership.organization))
                .collect(),
            organization_field: organization_field(&user.sub),
        }
    }

    /// The name of the only organization, unless that is its id and means nothing to a user.
    fn only_organization(&self) -> Option<&str> {
        match self.organizations.as_slice() {
            [only] if only.name != only.id => Some(&only.name),
            _ => None,
        }
    }
}

/// The parameter by which the form sends the organization of this user. Each has another: radio buttons that have the
/// same one exclude each other.
pub(super) fn organization_field(sub: &str) -> String {
    format!("organization:{sub}")
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Html<'a> {
    style: &'a str,
    action: &'a str,
    ticket: &'a str,
    client_name: String,
    client_id: &'a str,
    resource: &'a str,
    redirect_uri: &'a str,
    /// The host, or a private-use scheme, which has none that means anything.
    destination: String,
    any_program: bool,
    users: &'a [UserChoice<'a>],
    scopes: Vec<&'a str>,
    sign_in: String,
}

pub(super) fn show(page: &Page<'_>) -> Reply {
    let redirect = Url::parse(page.redirect_uri).expect("redirect uris are vetted");
    let (sign_in, scopes): (Vec<&str>, Vec<&str>) =
        (page.scopes.iter().map(String::as_str)).partition(|scope| is_identity_scope(scope));
    let html = Html {
        style: STYLE,
        action: page.action,
        ticket: page.ticket,
        client_name: page.client.name.chars().take(MAX_NAME).collect(),
        client_id: page.client_id,
        resource: page.resource,
        redirect_uri: page.redirect_uri,
        destination: match is_of_the_web(&redirect) {
            true => redirect.host_str().unwrap_or_default().to_owned(),
            false => format!("{}:", redirect.scheme()),
        },
        // MCP authorization, "Localhost Redirect URI Risks": nothing but its own word says that a
        // program is the client which a metadata document describes. And any program can take a
        // private-use scheme (RFC 8252 section 8.6).
        any_program: !is_of_the_web(&redirect)
            || (is_loopback(&redirect) && Url::parse(page.client_id).is_ok()),
        users: page.users,
        scopes,
        sign_in: sign_in.join(", "),
    };
    let html = html.render().expect("a page is written to memory");
    guarded(reply::html(StatusCode::OK, &html), &redirect)
}

/// No scripts, no frames, nothing kept.
fn guarded(page: Reply, redirect: &Url) -> Reply {
    // `form-action` holds for the redirects after the form as well, and a client may redirect to
    // wherever it likes: so any site, and this client's own scheme, but no `javascript:`.
    let own = match is_of_the_web(redirect) {
        true => String::new(),
        false => format!(" {}:", redirect.scheme()),
    };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self' http: https:{own}; \
         base-uri 'none'; frame-ancestors 'none'",
        STANDARD.encode(digest(&SHA256, STYLE.as_bytes())),
    );
    let headers = [
        (CONTENT_SECURITY_POLICY, policy.as_str()),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    headers
        .into_iter()
        .fold(reply::no_store(page), reply::with_header)
}
