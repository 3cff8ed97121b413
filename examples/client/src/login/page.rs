//! The pages a person sees after the browser came back: HTML without scripts, that says what
//! happened and no more than is known.

use std::fmt::Write as _;

use super::authorization_response::{AuthorizationResponse, InvalidResponse, printable_error};

/// What is good, what is bad: a color at the edge, and the heading for those who see none.
const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{margin:0;padding:12vh 1rem 2rem;background:Canvas;color:CanvasText}\
main{max-width:34rem;margin:auto;padding:.25rem 1.5rem;border-left:.3rem solid #c2410c;overflow-wrap:anywhere}\
main.good{border-color:#15803d}\
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}";

/// The `Content-Security-Policy` of every page here: one style, and nothing else of anybody.
pub(super) const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-Mg/IU6z+fS/KsKkbo1chJ37kSBortMi0gEHuUho/XAI='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page for what a redirect turned out to be.
pub(super) fn of(read: &Result<AuthorizationResponse, InvalidResponse>) -> String {
    match read {
        // The code has still to be exchanged, so nobody is logged in yet.
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
            "Nothing in it was used, and the login has ended. Somebody may have tried to slip you \
             the answer of another server. Ask whoever runs the server before you log in again.",
        ),
        Err(why) => page(
            false,
            "Not this login",
            &format!("The client refused this answer: {why}"),
            "Nothing in it was used, and the login still waits for its own answer. Use the page \
             that the client opened, or the URL in the terminal.",
        ),
    }
}

/// For every path but that of the redirect URI.
pub(super) fn not_found() -> String {
    page(false, "Not found", "There is nothing here.", "")
}

/// For every method but the one of a redirect.
pub(super) fn wrong_method() -> String {
    page(false, "Wrong method", "This page answers GET only.", "")
}

/// For every answer but the first, and for one that comes when nobody waits any more.
pub(super) fn too_late() -> String {
    page(
        false,
        "Too late",
        "This login is over: it was answered before, or the client stopped waiting.",
        "Nothing in this answer was used. Look into the terminal. You can close this window.",
    )
}

/// A refusal in the words of the authorization server (RFC 6749 section 4.1.2.1).
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

/// A page with a heading, what happened and what to do; all may hold anything.
fn page(good: bool, title: &str, happened: &str, to_do: &str) -> String {
    let class = if good { " class=\"good\"" } else { "" };
    let (title, happened, to_do) = (escape(title), escape(happened), escape(to_do));
    let to_do = match to_do.as_str() {
        "" => String::new(),
        to_do => format!("<p>{to_do}</p>"),
    };
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body><main{class}><h1>{title}</h1><p>{happened}</p>{to_do}</main></body></html>\n"
    )
}

/// Text for HTML content and quoted attributes.
fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut escaped, c| {
            if matches!(c, '<' | '>' | '&' | '"' | '\'' | '`') {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(c));
            } else {
                escaped.push(c);
            }
            escaped
        })
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
