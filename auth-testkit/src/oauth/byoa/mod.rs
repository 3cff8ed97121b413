//! Users who log in at a page of the customer's (Scalekit: "bring your own auth"), in the order of a login. Off by
//! default: [`MockScalekitBuilder::byoa`](crate::MockScalekitBuilder::byoa).
//!
//! | file | step |
//! |---|---|
//! | `handoff` | the authorization endpoint sends the browser to the login page |
//! | `describe` | it may ask which client wants what |
//! | `submit`, `posted_user` | it posts the user, or that the login has failed |
//! | `callback` | the browser comes back, and the authorization request continues |
//!
//! `login_request` is what the issuer remembers meanwhile. The calls of the backend need a token of the environment
//! (`management_token`), and are refused as the management API refuses (`api_error`), both in the folder above.

mod callback;
mod describe;
mod handoff;
mod login_request;
mod posted_user;
mod submit;

pub(super) use callback::respond as respond_to_callback;
pub(super) use describe::respond as respond_with_login_request;
pub(super) use handoff::redirect_to_login_page;
pub(crate) use login_request::LoginRequests;
pub(super) use submit::respond as respond_to_user;
