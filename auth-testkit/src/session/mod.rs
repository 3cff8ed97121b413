//! Sessions of users: each login opens one, which the claim `sid` of its tokens names. They end by revocation, by
//! sign-out, or with time.

mod record;
mod store;

pub(crate) use record::{Login, Session, Status};
pub(crate) use store::Sessions;
