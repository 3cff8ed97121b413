//! The issuer's key set, and what a token's `kid` gets from it.

use std::sync::Arc;
use std::time::SystemTime;

use auth_core::{InvalidReason, Unavailable, VerifyError};

use super::key::Key;
use super::key_set::KeySet;
use crate::jwt::Algorithm;
use crate::remote::{Newer, Snapshot, Source};

/// The keys of one issuer.
#[derive(Debug, Clone)]
pub(crate) struct KeySource(Source<KeySet>);

/// Which key a token wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lookup<'a> {
    pub(crate) key_id: Option<&'a str>,
    pub(crate) algorithm: Algorithm,
    /// The token's `iat`, not yet verified: it decides between 401 and 503 and nothing else.
    pub(crate) issued_at: Option<SystemTime>,
}

/// A key and the key set that it is from.
#[derive(Debug)]
pub(crate) struct FoundKey {
    key: Key,
    generation: u64,
}

impl KeySource {
    pub(crate) fn new(source: Source<KeySet>) -> Self {
        Self(source)
    }

    /// Fetches the keys unless they are at hand.
    pub(crate) async fn ready(&self) -> Result<(), Unavailable> {
        self.0.current().await.map(drop)
    }

    /// The key that a token wants. A `kid` that the set does not have may be newer than the set,
    /// so the set is fetched again, but not more often than the budget allows.
    pub(crate) async fn find(&self, lookup: &Lookup<'_>) -> Result<FoundKey, VerifyError> {
        let snapshot = self.0.current().await?;
        let reason = match select(&snapshot, lookup) {
            Ok(found) => return Ok(found),
            Err(reason @ InvalidReason::UnknownKey) => reason,
            Err(reason) => return Err(reason.into()),
        };
        match self.0.newer_than(snapshot.generation).await {
            Newer::Found(newer) => Ok(select(&newer, lookup)?),
            Newer::Failed(unavailable) => Err(unavailable.into()),
            // A set that was read after the token was made, and lacks its key, has spoken.
            Newer::NotBefore(_) if made_before(lookup, &snapshot) => Err(reason.into()),
            Newer::NotBefore(wait) => Err(Unavailable::new(wait).into()),
        }
    }

    /// The key of the same name in a newer set than the one that `old` is from.
    pub(crate) async fn find_newer(&self, lookup: &Lookup<'_>, old: &FoundKey) -> Option<FoundKey> {
        match self.0.newer_than(old.generation).await {
            Newer::Found(newer) => select(&newer, lookup).ok(),
            Newer::NotBefore(_) | Newer::Failed(_) => None,
        }
    }
}

impl FoundKey {
    /// Whether this key made `signature` over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify(message, signature)
    }
}

fn select(
    snapshot: &Arc<Snapshot<KeySet>>,
    lookup: &Lookup<'_>,
) -> Result<FoundKey, InvalidReason> {
    let key = snapshot.content.select(lookup.key_id, lookup.algorithm)?;
    Ok(FoundKey {
        key: key.clone(),
        generation: snapshot.generation,
    })
}

/// Whether the token says that it was made before the set was asked for. Without a word on it,
/// the set decides.
fn made_before(lookup: &Lookup<'_>, snapshot: &Snapshot<KeySet>) -> bool {
    lookup
        .issued_at
        .is_none_or(|issued_at| issued_at < snapshot.asked_at)
}
