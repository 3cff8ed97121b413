//! Minted tokens: the good ones, the defects one by one, and the keys behind them.

#[path = "../support/mod.rs"]
mod support;

mod defects;
mod rotation;
mod speed;
mod valid;
