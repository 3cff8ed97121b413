//! One method per defect: each makes exactly one respect of the token wrong.

mod claims;
mod encoding;
mod signature;
