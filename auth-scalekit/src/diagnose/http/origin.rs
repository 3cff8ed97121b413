//! Which URLs of a server's reply may be requested: those of the same origin.

use url::Url;

/// Whether scheme, host and port are the same, and `one` has no user name or password.
pub(crate) fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => {
            one.origin() == other.origin() && one.username().is_empty() && one.password().is_none()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_urls_of_a_reply_are_of_the_same_origin() {
        let ours = "http://localhost:8000/mcp";
        for (url, same) in [
            ("http://localhost:8000/.well-known/x", true),
            ("http://localhost:8001/", false),
            ("https://localhost:8000/", false),
            ("http://127.0.0.1:8000/", false),
            ("http://me@localhost:8000/", false),
            ("http://localhost:8000@evil.example/", false),
            ("/relative", false),
            ("", false),
        ] {
            assert_eq!(same_origin(url, ours), same, "{url}");
        }
    }
}
