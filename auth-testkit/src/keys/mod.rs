//! The signing keys: what is published, what signs, and what never is.

mod jwk;
mod ring;
mod test_key;

pub(crate) use jwk::{Jwk, JwkSet};
pub(crate) use ring::{KeyRing, Signer};
pub(crate) use test_key::TestKey;
