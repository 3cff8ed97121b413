//! One method per defect: each makes exactly one respect of the token wrong.

mod of_claims;
mod of_form;
mod of_signature;
