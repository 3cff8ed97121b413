//! Strings that are no valid key, each with one thing wrong.

use std::time::Duration;

use super::ApiKeyDraft;
use crate::MockScalekit;
use crate::values::catalog_enum;

catalog_enum! {
    /// What is wrong with the string that a caller sends in place of a valid API key.
    "defect of a key" KeyDefect {
        /// No key was ever this string.
        Unknown = "unknown-key",
        /// The key has expired.
        Expired = "expired-key",
        /// The key was invalidated.
        Invalidated = "invalidated-key",
        /// The last character is missing.
        CutShort = "key-cut-short",
        /// There is one character more.
        WithSuffix = "key-with-suffix",
        /// The letters have the other case.
        InOtherCase = "key-in-other-case",
        /// The last four characters, which lists show.
        SuffixAlone = "suffix-of-a-key",
        /// The key with padding as Base64 has it.
        Padded = "padded-key",
        /// The key in quotes, which no bearer token has.
        Quoted = "quoted-key",
        /// The key as the first part of a JWT.
        AsPartOfAJwt = "key-as-part-of-a-jwt",
        /// 60 KB.
        TooLong = "too-long-key",
        /// Characters of bearer tokens that no key has.
        OtherBytes = "key-with-other-characters",
        /// The end of a JSON string after the key, and another member.
        JsonInjected = "key-with-json",
    }
}

impl KeyDefect {
    /// A string with this defect, made of a new key by this draft where it is made of one.
    ///
    /// # Panics
    ///
    /// When the mock cannot create the key: see [`Admin::create_api_key`](crate::Admin::create_api_key).
    #[must_use]
    pub fn string_of(self, scalekit: &MockScalekit, draft: ApiKeyDraft) -> String {
        let admin = scalekit.admin();
        let draft = match self {
            Self::Expired => {
                let ended = scalekit.clock().now() - Duration::from_secs(1);
                draft.expires_at(Some(ended))
            }
            _ => draft,
        };
        let created = admin.create_api_key(draft);
        let key = created.expose();
        match self {
            Self::Unknown => "x".repeat(key.len()),
            Self::Expired => key.to_owned(),
            Self::Invalidated => {
                admin.invalidate_api_key(created.id());
                key.to_owned()
            }
            Self::CutShort => {
                let mut key = key.to_owned();
                key.pop();
                key
            }
            Self::WithSuffix => format!("{key}x"),
            Self::InOtherCase => key.chars().map(other_case).collect(),
            Self::SuffixAlone => created.key.suffix().to_owned(),
            Self::Padded => format!("{key}=="),
            Self::Quoted => format!("\"{key}\""),
            Self::AsPartOfAJwt => format!("{key}.e30.x"),
            Self::TooLong => key.repeat(1200),
            Self::OtherBytes => format!("{key}~+/"),
            Self::JsonInjected => format!("{key}\",\"x\":\"y"),
        }
    }
}

fn other_case(letter: char) -> char {
    match letter.is_ascii_lowercase() {
        true => letter.to_ascii_uppercase(),
        false => letter.to_ascii_lowercase(),
    }
}
