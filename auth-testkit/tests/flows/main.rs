//! The endpoints over real HTTP: what they grant, and each refusal beside an accepted control.

#[path = "../support/mod.rs"]
mod support;

mod authorize;
mod code;
mod discovery;
mod machine;
mod methods;
mod overriding;
mod recording;
mod redaction;
mod refresh;
mod register;
mod time;
