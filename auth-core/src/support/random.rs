//! Random bytes of the operating system, for keys.

use thiserror::Error;

/// The operating system has no random bytes to give.
#[derive(Debug, Error)]
#[error("the operating system has no random bytes")]
pub struct NoRandomBytes(#[source] getrandom::Error);

/// As many as a key needs.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], NoRandomBytes> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandomBytes)?;
    Ok(bytes)
}
