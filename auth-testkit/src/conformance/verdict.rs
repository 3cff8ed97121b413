//! The result of a provider for a token, as the rules compare it.

use std::borrow::Cow;
use std::error::Error;

use auth_core::error::ErrorChain;
use auth_core::token::VerifiedToken;
use auth_core::verifier::VerifyError;

/// The result of a provider for a token.
#[derive(Debug)]
pub(super) enum Verdict {
    Accepted(Box<VerifiedToken>),
    Refused(Refused),
    /// It took too long: never right.
    TooLate,
    /// It panicked: never right.
    Panicked,
}

/// A refusal, and the provider's reason for it.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) error: VerifyError,
    reason: String,
}

impl Refused {
    pub(super) fn new(error: VerifyError, token: &str) -> Self {
        let reason = match &error {
            VerifyError::Invalid(invalid) => {
                let label = invalid.reason().as_str();
                format!("{label}, {}", ErrorChain(invalid))
            }
            VerifyError::Unavailable(unavailable) => ErrorChain(unavailable).to_string(),
        };
        let reason = match shows(&reason, token) {
            true => "its reason shows the token".to_owned(),
            false => reason,
        };
        Self { error, reason }
    }

    /// All that logs may show of the refusal.
    pub(super) fn printed(&self) -> String {
        let mut printed = format!("{:?}", self.error);
        let mut cause: Option<&dyn Error> = Some(&self.error);
        while let Some(error) = cause {
            printed += &format!("{error} {error:?}");
            cause = error.source();
        }
        printed
    }
}

impl Verdict {
    /// The rest of a sentence that begins with the token.
    pub(super) fn described(&self) -> Cow<'static, str> {
        match self {
            Self::Accepted(_) => "was accepted".into(),
            Self::Refused(Refused { error, reason }) => match error {
                VerifyError::Invalid(_) => format!("was refused as invalid ({reason})").into(),
                VerifyError::Unavailable(_) => {
                    format!("was met with unavailable ({reason})").into()
                }
            },
            Self::TooLate => "took more than ten seconds".into(),
            Self::Panicked => "made the provider panic".into(),
        }
    }
}

/// Whether a part of a token is in a text. Short parts, such as an empty one, are in every text.
pub(super) fn shows(text: &str, token: &str) -> bool {
    let mut parts = token.split('.').filter(|part| part.len() > 20);
    parts.any(|part| text.contains(part))
}
