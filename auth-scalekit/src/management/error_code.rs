//! [`ErrorCode`]: the name of an error of the API.

use super::open_enum::open_enum;

open_enum! {
    /// The name of an error: of the API (`error_code`), or of the token endpoint (`error`, RFC 6749 section 5.2).
    pub enum ErrorCode {
        /// The access token is missing, malformed or expired.
        Unauthenticated = "UNAUTHENTICATED",
        /// The limit of the environment for calls in a minute is reached.
        RateLimited = "RATE_LIMITED",
        /// Another service that the API calls has failed or limits its calls.
        ToolError = "TOOL_ERROR",
    }
}

impl ErrorCode {
    const MAX_BYTES: usize = 64;

    /// Of letters, digits and underscores, so that nothing else of an answer gets into logs.
    pub(super) fn vetted(text: &str) -> Option<Self> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_code = (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(is_name);
        is_code.then(|| Self::parse(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_error_codes() {
        for code in ["UNAUTHENTICATED", "invalid_client", "A1"] {
            assert_eq!(ErrorCode::vetted(code).unwrap().as_str(), code);
        }
        let long = "A".repeat(65);
        for text in ["", "eyJhbGci.x.y", "a b", "a\n", "é", "a-b", &long] {
            assert_eq!(ErrorCode::vetted(text), None, "{text:?}");
        }
        let known = ErrorCode::vetted("RATE_LIMITED");
        assert_eq!(known, Some(ErrorCode::RateLimited));
    }
}
