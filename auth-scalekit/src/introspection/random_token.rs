//! A token that no issuer has made and no caller has chosen, to try the endpoint with.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::secret::Secret;

/// 256 random bits in base64url, as opaque tokens usually look.
pub(super) fn random_token() -> Result<Secret, Unspecified> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_another_and_can_be_a_bearer_token() {
        let (a, b) = (random_token().unwrap(), random_token().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.reveal().len(), 43);
        assert!(auth_core::BearerToken::new(a.reveal()).is_some());
    }
}
