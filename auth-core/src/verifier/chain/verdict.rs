//! Which of two refusals is returned: that of the verifier for which the token was meant, as far as
//! that can be determined.

use crate::verifier::error::{InvalidReason, VerifyError};

/// Combines two refusals. An unavailable verifier takes precedence, since it might have accepted;
/// of two, the one that can be asked again sooner. Otherwise the refusal that got further is
/// returned, and the first one on a tie.
pub(super) fn more_specific(earlier: VerifyError, later: VerifyError) -> VerifyError {
    use VerifyError::{Invalid, Unavailable};
    let later_wins = match (&earlier, &later) {
        (Unavailable(earlier), Unavailable(later)) => later.retry_after() < earlier.retry_after(),
        (Invalid(_), Unavailable(_)) => true,
        (Unavailable(_), Invalid(_)) => false,
        // Too long for both: the larger limit is that of the chain.
        (Invalid(earlier), Invalid(later))
            if earlier.max_bytes().is_some() && later.max_bytes().is_some() =>
        {
            later.max_bytes() > earlier.max_bytes()
        }
        (Invalid(earlier), Invalid(later)) => progress(later.reason()) > progress(earlier.reason()),
    };
    if later_wins { later } else { earlier }
}

/// How far a token got with a verifier before it was refused, in the order of a careful verifier:
/// cheap rules first, the signature last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// Not a token that this verifier can read.
    Unreadable,
    /// A JWT, but of another kind.
    WrongKind,
    /// Readable, but of another issuer.
    OtherIssuer,
    /// The issuer reports it as not active, which includes tokens that it never issued ([RFC 7662
    /// section 2.2](https://www.rfc-editor.org/rfc/rfc7662#section-2.2)), or the rule is unknown
    /// here.
    Unknown,
    /// Of the right issuer, but for another audience.
    OtherAudience,
    /// For this resource, but at another time.
    OtherTime,
    /// For this resource and now, but a claim or a proof is missing.
    Content,
    /// Everything is right except that the key is unknown.
    Key,
    /// The key is known, but the signature is not its own.
    Signature,
}

fn progress(reason: InvalidReason) -> Progress {
    use InvalidReason as Reason;
    // Without a wildcard: a new reason has to be placed here.
    match reason {
        Reason::TooLong | Reason::NotCompact | Reason::MalformedHeader => Progress::Unreadable,
        Reason::WrongAlgorithm
        | Reason::CriticalHeader
        | Reason::WrongType
        | Reason::MissingKeyId
        | Reason::MalformedClaims
        | Reason::DuplicateMember => Progress::WrongKind,
        Reason::WrongIssuer => Progress::OtherIssuer,
        Reason::Revoked | Reason::Other => Progress::Unknown,
        Reason::WrongAudience => Progress::OtherAudience,
        Reason::MissingExpiry
        | Reason::MalformedTime
        | Reason::Expired
        | Reason::NotYetValid
        | Reason::IssuedInTheFuture
        | Reason::LifetimeTooLong => Progress::OtherTime,
        Reason::MissingSubject
        | Reason::MalformedClaim
        | Reason::UncheckedProof
        | Reason::BadProof => Progress::Content,
        Reason::UnknownKey | Reason::AmbiguousKey => Progress::Key,
        Reason::BadSignature => Progress::Signature,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::error::{InvalidToken, Unavailable};
    use std::time::Duration;

    fn unavailable(seconds: u64) -> VerifyError {
        Unavailable::new(Duration::from_secs(seconds)).into()
    }

    fn label(error: &VerifyError) -> String {
        match error {
            VerifyError::Invalid(invalid) => invalid.reason().as_str().into(),
            VerifyError::Unavailable(it) => format!("unavailable {}", it.retry_after().as_secs()),
        }
    }

    #[test]
    fn the_order_of_the_arguments_decides_between_equals_only() {
        use InvalidReason::{
            BadSignature, Expired, MalformedClaim, NotCompact, NotYetValid, Other, Revoked,
            UnknownKey, WrongAlgorithm, WrongAudience, WrongIssuer,
        };
        let rising = [
            NotCompact,
            WrongAlgorithm,
            WrongIssuer,
            Revoked,
            WrongAudience,
            Expired,
            MalformedClaim,
            UnknownKey,
            BadSignature,
        ];
        for (at, lower) in rising.iter().enumerate() {
            for higher in rising.iter().skip(at + 1) {
                for (a, b) in [(lower, higher), (higher, lower)] {
                    let returned = more_specific((*a).into(), (*b).into());
                    assert_eq!(label(&returned), higher.as_str(), "{a:?} and {b:?}");
                }
            }
        }
        for (a, b) in [(Expired, NotYetValid), (Revoked, Other), (Other, Revoked)] {
            let returned = more_specific(a.into(), b.into());
            assert_eq!(label(&returned), a.as_str(), "{a:?} and {b:?}");
        }
    }

    #[test]
    fn of_two_limits_the_larger_one_is_reported() {
        for (earlier, later) in [(100, 200), (200, 100), (200, 200)] {
            let [earlier, later] = [earlier, later].map(InvalidToken::too_long);
            let VerifyError::Invalid(reported) = more_specific(earlier.into(), later.into()) else {
                unreachable!("both are refusals")
            };
            assert_eq!(reported.max_bytes(), Some(200));
        }
    }

    #[test]
    fn of_two_equal_limits_the_first_is_returned() {
        let because = |limit, cause: &'static str| {
            let too_long = InvalidToken::too_long(limit);
            VerifyError::from(too_long.because(std::io::Error::other(cause)))
        };
        for (later, returned) in [(199, "earlier"), (200, "earlier"), (201, "later")] {
            let error = more_specific(because(200, "earlier"), because(later, "later"));
            let shown = crate::error::ErrorChain(&error).to_string();
            assert!(
                shown.ends_with(&format!(": {returned}")),
                "{later}: {shown}"
            );
        }
    }

    #[test]
    fn a_limit_is_not_more_specific() {
        let limit = || InvalidToken::too_long(200).into();
        let wrong = || InvalidReason::WrongAudience.into();
        for (a, b) in [(limit(), wrong()), (wrong(), limit())] {
            assert_eq!(label(&more_specific(a, b)), "wrong_audience");
        }
    }

    #[test]
    fn an_unavailable_verifier_takes_precedence_over_refusals() {
        for reason in InvalidReason::ALL {
            for (a, b) in [
                (unavailable(7), (*reason).into()),
                ((*reason).into(), unavailable(7)),
            ] {
                assert_eq!(label(&more_specific(a, b)), "unavailable 7", "{reason:?}");
            }
        }
        for (a, b) in [(3, 7), (7, 3), (3, 3)] {
            let returned = more_specific(unavailable(a), unavailable(b));
            assert_eq!(label(&returned), "unavailable 3");
        }
    }

    #[test]
    fn of_two_equal_waits_the_first_is_returned() {
        let because = |seconds: u64, cause: &'static str| {
            let unavailable = Unavailable::new(Duration::from_secs(seconds));
            VerifyError::from(unavailable.because(std::io::Error::other(cause)))
        };
        for (later, returned) in [(2, "later"), (3, "earlier"), (4, "earlier")] {
            let error = more_specific(because(3, "earlier"), because(later, "later"));
            let shown = crate::error::ErrorChain(&error).to_string();
            assert!(
                shown.ends_with(&format!(": {returned}")),
                "{later}: {shown}"
            );
        }
    }
}
