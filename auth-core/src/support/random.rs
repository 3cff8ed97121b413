//! Random bytes from the operating system, for keys.

use thiserror::Error;

/// The operating system cannot provide random bytes.
#[derive(Debug, Error)]
#[error("the operating system cannot provide random bytes")]
pub struct NoRandomBytes(#[source] getrandom::Error);

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], NoRandomBytes> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandomBytes)?;
    Ok(bytes)
}
