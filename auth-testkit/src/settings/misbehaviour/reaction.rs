//! What a correct client does about a misbehaviour.

use crate::values::catalog_enum;

catalog_enum! {
    /// What a correct client does when the other side misbehaves; returned by
    /// [`Misbehaviour::reaction`](crate::settings::Misbehaviour::reaction).
    "reaction" Reaction {
        /// It connects and calls the tools all the same, after another login or registration where one is needed.
        Continue = "continue",
        /// It gives up and reports who is at fault. It sends no code and no token that it must not send, and keeps
        /// the tokens that it has stored.
        Stop = "stop",
    }
}
