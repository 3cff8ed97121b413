//! A random token to probe the endpoint with: no issuer has issued it and no caller has chosen it.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::Secret;

/// 256 random bits in base64url, the usual form of opaque tokens.
pub(crate) fn random_token() -> Result<Secret, Unspecified> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_different_and_a_valid_bearer_token() {
        let (a, b) = (random_token().unwrap(), random_token().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.reveal().len(), 43);
        assert!(auth_core::token::BearerToken::new(a.reveal()).is_some());
    }
}
