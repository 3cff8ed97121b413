//! Configuration errors, and formatting for errors and logs.
//!
//! | file | job |
//! |---|---|
//! | `config` | [`ConfigError`], [`ConfigErrors`]: invalid settings |
//! | `error_chain` | [`ErrorChain`]: an error with its sources, in one line |
//! | `excerpt` | [`Excerpt`]: a string from another party, made safe for logs |

mod config;
mod error_chain;
mod excerpt;

pub use config::{ConfigError, ConfigErrors};
pub use error_chain::ErrorChain;
pub use excerpt::Excerpt;
