//! Codes, tokens and client secrets: wiped from memory when they are dropped, and in no `Debug` output.

use std::hash::{Hash, Hasher};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

/// A code, token or client secret. Unlike a bare [`SecretString`] it can be the key of a map.
#[derive(Debug, Clone)]
pub(crate) struct Secret(SecretString);

impl Secret {
    pub(crate) fn new(value: impl Into<String>) -> Self {
        Self(value.into().into())
    }

    /// 256 random bits, base64url. Not from aws-lc: before its first random number it gathers entropy
    /// for 50 ms, and no start waits for that.
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        Self::new(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// This number of random letters and digits, of which each adds almost six bits.
    pub(crate) fn random_base62(length: usize) -> Self {
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut bytes = vec![0; length];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        let digits = bytes.iter().map(|byte| DIGITS[usize::from(*byte) % 62]);
        Self::new(digits.map(char::from).collect::<String>())
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The last four characters, which lists show.
    pub(crate) fn suffix(&self) -> &str {
        let text = self.expose();
        let last = text.char_indices().rev().nth(3);
        let suffix = last.and_then(|(start, _)| text.get(start..));
        suffix.unwrap_or(text)
    }

    /// Whether it is this string, in a time that does not depend on where they differ.
    pub(crate) fn matches(&self, candidate: &str) -> bool {
        verify_slices_are_equal(self.expose().as_bytes(), candidate.as_bytes()).is_ok()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.expose())
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}
