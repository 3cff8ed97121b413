//! What an error text complains about. OAuth has no code for it, since the client never receives the error
//! ([RFC 6749 section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)), so each
//! issuer words it differently.

/// What an issuer's error page for the user is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Complaint {
    /// The client; the page contains this phrase.
    Client(&'static str),
    /// The redirect URI; the page contains this phrase.
    RedirectUri(&'static str),
}

/// Phrases for an unknown client: Scalekit's first, then those of other issuers.
const NOT_KNOWN: &[&str] = &[
    "invalid_client_metadata",
    "unable to retrieve client",
    "unknown client",
    "unknown_client",
    "client not found",
    "client_not_found",
    "no such client",
    "client is not known",
    "client does not exist",
];
const REDIRECT_URI: &[&str] = &[
    "redirect_uri",
    "redirect uri",
    "redirect_url",
    "redirect url",
];
/// Codes that also appear when the redirect URI is wrong; looked for after the redirect URI.
const REFUSED: &[&str] = &["invalid_client", "unauthorized_client"];

impl Complaint {
    /// What an error text complains about.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let client = |words| named(&text, words).map(Self::Client);
        client(NOT_KNOWN)
            .or_else(|| named(&text, REDIRECT_URI).map(Self::RedirectUri))
            .or_else(|| client(REFUSED))
    }

    /// The phrase by which it was recognized.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Client(word) | Self::RedirectUri(word) => word,
        }
    }

    /// The same for a page that may be a login form, which mentions the redirect URI legitimately.
    pub(super) fn in_login(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let word = named(&text, NOT_KNOWN).or_else(|| named(&text, REFUSED))?;
        Some(Self::Client(word))
    }
}

/// The first of the phrases that a text contains, other than as a parameter name of a URL.
fn named(text: &str, words: &[&'static str]) -> Option<&'static str> {
    let is_named = |word: &&&str| {
        let mut after = text.split(**word).skip(1);
        after.any(|after| !after.starts_with('='))
    };
    words.iter().find(is_named).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_issuers_say() {
        let client = |word| Some(Complaint::Client(word));
        let redirect = |word| Some(Complaint::RedirectUri(word));
        for (text, complaint) in [
            // Scalekit's documentation, and the library that it is likely built on.
            (
                "invalid_client_metadata_url: no document",
                client("invalid_client_metadata"),
            ),
            (
                "ErrorType=invalid_request Description=unable to retrieve client by id",
                client("unable to retrieve client"),
            ),
            (
                "ErrorType=invalid_request Description=The requested redirect_uri is missing in the client configuration.",
                redirect("redirect_uri"),
            ),
            ("redirect_uri_mismatch", redirect("redirect_uri")),
            (
                "<title>Invalid Redirect URI</title>",
                redirect("redirect uri"),
            ),
            (
                "invalid_client: the redirect_uri of the client is invalid",
                redirect("redirect_uri"),
            ),
            (
                "invalid_client at /authorize?redirect_uri=http://localhost",
                client("invalid_client"),
            ),
            ("Unauthorized_Client", client("unauthorized_client")),
            ("no such page: /authorize?redirect_uri=a", None),
            ("server_error", None),
            ("", None),
        ] {
            assert_eq!(Complaint::of(text), complaint, "{text}");
        }
    }

    #[test]
    fn a_login_page_may_name_the_redirect_uri() {
        let page = "<input name=\"redirect_uri\" value=\"http://localhost:8000/\">";
        assert_eq!(Complaint::in_login(page), None);
        let page = "<p>unknown client</p>";
        assert!(Complaint::in_login(page).is_some());
    }
}
