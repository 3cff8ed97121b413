//! How binding a rule is.

use crate::values::catalog_enum;

catalog_enum! {
    /// How binding the rule of a probe is.
    "level" Level {
        /// A standard says MUST, or nothing works without it.
        Must = "must",
        /// A standard says SHOULD.
        Should = "should",
        /// No standard asks for it: good practice, against known attacks and outages.
        Hardening = "hardening",
    }
}
