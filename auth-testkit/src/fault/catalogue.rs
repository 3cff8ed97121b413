//! The faults, each declared once: its documentation, name, parameter, check and effect.
//!
//! To add one, declare it here. The control API reads it by its name and its OpenAPI document describes it, both from
//! this declaration. A test asks for its row in `conformance/availability.rs`. An effect that does not exist yet needs a
//! variant in `effect.rs` too, and the compiler names the match in `serve/fault_effect.rs` that applies it.

use std::time::Duration;

use auth_core::support::Clock;
#[cfg(feature = "cli")]
use serde_json::Value;

use super::effect::{Effect, Loss, replacement};
#[cfg(feature = "cli")]
use super::parameter::{Parameter, ParameterError};

/// A kind of fault, by the name that it has in the control API.
#[cfg(feature = "cli")]
pub(crate) struct FaultKind {
    pub(crate) name: &'static str,
    /// The documentation of the variant of [`Fault`].
    pub(crate) doc: &'static str,
    /// None: the name is written alone.
    pub(crate) parameter: Option<Parameter>,
    /// The fault with its parameter; `null` for one that has none.
    pub(crate) read: fn(Value) -> Result<Fault, ParameterError>,
}

/// Declares [`Fault`]: `Variant(Type) = "name" [example, "what the parameter is"] checked by check => effect`,
/// where the effect is made of the parameter and the clock.
macro_rules! faults {
    (
        $(#[$about:meta])*
        pub enum Fault;
        $(
            $(#[doc = $doc:literal])*
            $variant:ident $(($type:ty))? = $name:literal $([$example:literal, $parameter:literal])?
            $(checked by $check:path)? => $effect:expr;
        )*
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Fault {
            $($(#[doc = $doc])* $variant $(($type))?,)*
        }

        impl Fault {
            /// Every kind of fault, for who reads or describes them by name.
            #[cfg(feature = "cli")]
            pub(crate) const KINDS: &'static [FaultKind] = &[$(FaultKind {
                name: $name,
                parameter: faults!(@parameter $([$type, $example, $parameter])?),
                read: |value| {
                    // A fault without a parameter does not read it.
                    let _ = &value;
                    Ok(faults!(@read $variant value $($type)?))
                },
                doc: concat!($($doc, "",)*),
            }),*];

            /// The name that it has in the control API.
            #[cfg(all(test, feature = "cli"))]
            pub(crate) fn name(&self) -> &'static str {
                match self { $(faults!(@any $variant $($type)?) => $name,)* }
            }

            /// # Errors
            ///
            /// When the parameter cannot be part of a reply: the message says what is expected.
            pub(crate) fn check(&self) -> Result<(), String> {
                $($(
                    if let Self::$variant(parameter) = self {
                        return $check(parameter);
                    }
                )?)*
                Ok(())
            }

            /// What it does to the exchange that has come to it. A delay begins here.
            pub(super) fn effect(self, clock: &dyn Clock) -> Effect {
                match self {
                    $(faults!(@pattern $variant parameter $($type)?) => faults!(@apply $effect, clock parameter $($type)?),)*
                }
            }
        }
    };
    (@parameter) => { None };
    (@parameter [$type:ty, $example:literal, $parameter:literal]) => {
        Some(Parameter {
            example: $example,
            description: $parameter,
            schema: <$type as super::parameter::FaultParameter>::schema,
        })
    };
    (@read $variant:ident $value:ident) => { Self::$variant };
    (@read $variant:ident $value:ident $type:ty) => {
        Self::$variant(<$type as super::parameter::FaultParameter>::read($value)?)
    };
    (@any $variant:ident) => { Self::$variant };
    (@any $variant:ident $type:ty) => { Self::$variant(_) };
    (@pattern $variant:ident $parameter:ident) => { Self::$variant };
    (@pattern $variant:ident $parameter:ident $type:ty) => { Self::$variant($parameter) };
    (@apply $effect:expr, $clock:ident $parameter:ident) => { $effect };
    (@apply $effect:expr, $clock:ident $parameter:ident $type:ty) => { ($effect)($parameter, $clock) };
}

faults! {
    /// What goes wrong with the reply of an endpoint; set by
    /// [`MockScalekit::fail`](crate::MockScalekit::fail).
    ///
    /// | | the issuer handles the request | the client gets |
    /// |---|---|---|
    /// | [`Status`](Self::Status), [`Body`](Self::Body), [`Redirect`](Self::Redirect), [`Endless`](Self::Endless) | no | this reply instead |
    /// | [`Delay`](Self::Delay) | yes | the issuer's reply, later |
    /// | [`Truncate`](Self::Truncate), [`Dribble`](Self::Dribble) | yes | the issuer's reply, badly delivered |
    /// | [`Garbage`](Self::Garbage), [`Reset`](Self::Reset), [`Close`](Self::Close) | yes | no reply: a code is used up and its tokens are lost |
    ///
    /// Times are by the issuer's clock: with a [`TestClock`](crate::TestClock) a delay ends when the
    /// clock is moved.
    pub enum Fault;

    /// This HTTP status, 200 to 599, and a body of plain text, or an error of the management API in its format. A 429 or
    /// 503 has `Retry-After: 1`.
    Status(u16) = "status" ["503", "An HTTP status, 200 to 599"] checked by check_status
        => |status, _| Effect::Instead(replacement::status(status));
    /// Status 200, `Content-Type: application/json`, and these bytes, which need not be JSON.
    Body(Vec<u8>) = "body" ["\"not json\"", "The body"]
        => |bytes, _| Effect::Instead(replacement::body(bytes));
    /// Status 302 to this URL.
    Redirect(String) = "redirect" ["\"https://other.example/\"", "A URL"] checked by check_location
        => |location: String, _| Effect::Instead(replacement::redirect(&location));
    /// Status 200 and a body of JSON that never ends, as fast as the client reads it.
    Endless = "endless" => Effect::Instead(replacement::endless());
    /// The issuer's reply, after this time.
    Delay(Duration) = "delay" ["1.5", "Seconds by the issuer's clock"]
        => |by, clock: &dyn Clock| Effect::Late(clock.sleep(by));
    /// The head of the issuer's reply and at most this number of bytes of its body; then the connection closes.
    Truncate(usize) = "truncate" ["40", "Bytes of the body that are sent"]
        => |left, _| Effect::CutBody(left);
    /// The issuer's reply byte by byte, with this time between two bytes.
    Dribble(Duration) = "dribble" ["0.1", "Seconds between two bytes"]
        => |every, _| Effect::Dribble(every);
    /// Bytes that are not HTTP, then the connection closes.
    Garbage = "garbage" => Effect::Lost(Loss::Garbage);
    /// The connection is reset (TCP RST) instead of a reply.
    Reset = "reset" => Effect::Lost(Loss::Reset);
    /// The connection is closed (TCP FIN) instead of a reply.
    Close = "close" => Effect::Lost(Loss::Close);
}

fn check_status(status: &u16) -> Result<(), String> {
    match status {
        200..=599 => Ok(()),
        _ => Err(format!(
            "a final http status is from 200 to 599; got {status}"
        )),
    }
}

fn check_location(url: &str) -> Result<(), String> {
    match http::HeaderValue::from_str(url) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("a redirect goes to a url; got {url:?}")),
    }
}
