//! The `doctor` binary, as a library: what is wrong with a set-up, and what to change. The checks
//! themselves are [`auth_scalekit::diagnose`](mod@auth_scalekit::diagnose).
//!
//! | module | job |
//! |---|---|
//! | [`cli`] | the arguments |
//! | [`token`] | a pasted token, from standard input or a file |
//! | [`run`](mod@run) | from the arguments to the exit code |
//! | [`table`] | findings as people read them |
//! | [`wrap`](mod@wrap), [`width`](mod@width), [`color`] | lines that fit the terminal |

pub mod cli;
pub mod color;
pub mod run;
pub mod table;
pub mod token;
pub mod width;
pub mod wrap;
