//! Errors in the configuration, and how errors are written.
//!
//! | file | job |
//! |---|---|
//! | `config` | [`ConfigError`], [`ConfigErrors`]: a setting that can only be a mistake |
//! | `error_chain` | [`ErrorChain`]: an error with its sources, in one line |
//! | `excerpt` | [`Excerpt`]: the beginning of a string that somebody else chose |

mod config;
mod error_chain;
mod excerpt;

pub use config::{ConfigError, ConfigErrors};
pub use error_chain::ErrorChain;
pub use excerpt::Excerpt;
