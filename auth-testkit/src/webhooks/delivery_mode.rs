//! The ways to deliver an event, each declared once.

use std::fmt;
use std::time::Duration;

/// How an event is delivered to webhooks. Set for all that follow by
/// [`Webhooks::deliver`](crate::webhooks::Webhooks::deliver), or for one by
/// [`redeliver`](crate::webhooks::Webhooks::redeliver).
///
/// What is not genuine ([`is_genuine`](Self::is_genuine)) comes in place of the event, is sent once, and is never
/// retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DeliveryMode {
    /// At once, in the order of the events.
    #[default]
    InOrder,
    /// After this time by the mock's clock. It is signed when it is sent; `occurred_at` is that of the event.
    Late(Duration),
    /// Twice, one after the other, with the same `webhook-id`.
    Twice,
    /// Held back until [`release`](crate::webhooks::Webhooks::release), and then sent in the order that this seed gives:
    /// the same for the same number of events.
    Shuffled(u64),
    /// With a signature of random bytes.
    ForgedSignature,
    /// Signed with another secret.
    WrongSecret,
    /// With a timestamp of ten minutes ago, which is signed.
    StaleTimestamp,
    /// With a timestamp ten minutes ahead, which is signed.
    FutureTimestamp,
    /// With a member more in the body than was signed.
    AlteredBody,
    /// Not at all, as if it had been lost: the events API alone has it.
    Never,
}

impl DeliveryMode {
    /// Every one, with an example of its parameter.
    #[must_use]
    pub fn all() -> [Self; 10] {
        [
            Self::InOrder,
            Self::Late(Duration::from_secs(60)),
            Self::Twice,
            Self::Shuffled(7),
            Self::ForgedSignature,
            Self::WrongSecret,
            Self::StaleTimestamp,
            Self::FutureTimestamp,
            Self::AlteredBody,
            Self::Never,
        ]
    }

    /// A short name in kebab case, without the parameter.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InOrder => "in-order",
            Self::Late(_) => "late",
            Self::Twice => "twice",
            Self::Shuffled(_) => "shuffled",
            Self::ForgedSignature => "forged-signature",
            Self::WrongSecret => "wrong-secret",
            Self::StaleTimestamp => "stale-timestamp",
            Self::FutureTimestamp => "future-timestamp",
            Self::AlteredBody => "altered-body",
            Self::Never => "never",
        }
    }

    /// Whether a receiver must accept what is sent.
    #[must_use]
    pub fn is_genuine(self) -> bool {
        match self {
            Self::InOrder | Self::Late(_) | Self::Twice | Self::Shuffled(_) | Self::Never => true,
            Self::ForgedSignature
            | Self::WrongSecret
            | Self::StaleTimestamp
            | Self::FutureTimestamp
            | Self::AlteredBody => false,
        }
    }
}

/// The name, and the parameter if there is one, such as `late(1m)`.
impl fmt::Display for DeliveryMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Late(by) => write!(f, "({})", humantime::format_duration(*by)),
            Self::Shuffled(seed) => write!(f, "({seed})"),
            _ => Ok(()),
        }
    }
}
