//! The pages that the callback listener shows: HTML without scripts, which states what happened so far.

use askama::Template;

use super::authorization_response::{AuthorizationResponse, InvalidResponse, printable_error};

const STYLE: &str = include_str!("../../templates/callback.css");

/// The `Content-Security-Policy` of every page: it permits the style of the page, and nothing else.
pub(super) const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-77lXn2Ow5an0TAm9+/CkLMsUAdB7xWIrZeHTNA5Qd/I='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A heading, what happened and what to do. The color at the edge repeats the heading: green for `good`, else orange.
#[derive(Template)]
#[template(path = "callback.html")]
struct Page<'a> {
    style: &'a str,
    good: bool,
    title: &'a str,
    happened: &'a str,
    to_do: &'a str,
}

/// The page for a redirect to the redirect URI.
pub(super) fn for_response(read: &Result<AuthorizationResponse, InvalidResponse>) -> String {
    match read {
        // The code is not exchanged yet, so the login is not complete.
        Ok(AuthorizationResponse::Granted { .. }) => page(
            true,
            "Approved",
            "The authorization server approved this login.",
            "Go back to the terminal: the client finishes the login there. You can close this window.",
        ),
        Ok(AuthorizationResponse::Refused { error, description }) => {
            refused(error, description.as_deref())
        }
        Err(why) if why.ends_login() => page(
            false,
            "Refused",
            &format!("The client does not trust this answer: {why}"),
            "Nothing in it was used, and the login has ended. This may be an attempt to pass off the \
             answer of another server. Ask the operator of the server before you log in again.",
        ),
        Err(why) => page(
            false,
            "Not this login",
            &format!("The client refused this answer: {why}"),
            "Nothing in it was used, and the login still waits for its answer. Use the page \
             that the client opened, or the URL in the terminal.",
        ),
    }
}

/// The page for every other path.
pub(super) fn not_found() -> String {
    page(false, "Not found", "There is nothing here.", "")
}

/// The page for every method but GET.
pub(super) fn wrong_method() -> String {
    page(false, "Wrong method", "This page answers GET only.", "")
}

/// The page for a response after the first one, or after the time limit.
pub(super) fn too_late() -> String {
    page(
        false,
        "Too late",
        "This login is over: it was answered before, or the client stopped waiting.",
        "Nothing in this answer was used. Look into the terminal. You can close this window.",
    )
}

/// The page for an error response (RFC 6749 section 4.1.2.1).
fn refused(error: &str, description: Option<&str>) -> String {
    let (title, what) = match error {
        "access_denied" => ("Denied", "This login was denied"),
        _ => (
            "Login failed",
            "The authorization server answered with an error",
        ),
    };
    page(
        false,
        title,
        &format!("{what}: {}", printable_error(error, description)),
        "The client got no access. To try again, start it again in the terminal.",
    )
}

/// Renders a page. The template escapes all values, which may come from the redirect.
fn page(good: bool, title: &str, happened: &str, to_do: &str) -> String {
    let page = Page {
        style: STYLE,
        good,
        title,
        happened,
        to_do,
    };
    // Only writing to the string could fail.
    page.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    #[test]
    fn the_policy_allows_the_style_and_nothing_else_inline() {
        let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
        assert!(
            POLICY.contains(&format!("style-src 'sha256-{hash}';")),
            "the style is now {hash}"
        );
        assert!(!POLICY.contains("unsafe") && !POLICY.contains("script-src"));
    }
}
