//! Where an answer of others may lead.

use url::Url;

/// Scheme, host and port are the same.
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
    fn where_an_answer_may_lead() {
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
