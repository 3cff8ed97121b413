//! Tokens that are built without a login: valid ones, and ones with exactly one defect.

mod builder;
mod claims;
mod defect;
mod defects;
mod finish;
mod jws;
mod rejects;
mod verify;

pub use builder::TokenBuilder;
pub(crate) use claims::{Grantee, Who, access_token, id_token, unix_seconds};
pub use defect::Defect;
pub(crate) use jws::{sign, signed};
pub(crate) use verify::{VerifiedJwt, verify};
