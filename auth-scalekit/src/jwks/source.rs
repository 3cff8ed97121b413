//! [`KeySource`]: the key of an issuer for a token, from the cached key set or from a newer one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use auth_core::token::Validity;
use auth_core::verifier::{InvalidReason, Unavailable, VerifyError};

use super::algorithm::Algorithm;
use super::key::Key;
use super::key_set::KeySet;
use super::status::KeySetStatus;
use crate::remote::{Newer, Places, Snapshot, Source};

/// The keys of one issuer.
#[derive(Debug, Clone)]
pub(crate) struct KeySource {
    source: Source<KeySet>,
    /// The validity of tokens of the newest key set, shared by all of them.
    in_use: Arc<Mutex<Option<Arc<KeysInUse>>>>,
}

/// The [`Validity`] of tokens: holds while the key set with their key is the current one, so that withdrawing a key
/// ends the tokens that it signed.
#[derive(Debug)]
pub(crate) struct KeysInUse {
    keys: Source<KeySet>,
    generation: u64,
}

impl Validity for KeysInUse {
    fn holds(&self) -> bool {
        self.keys.usable_generation() == Some(self.generation)
    }
}

/// The key that a token names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lookup<'a> {
    pub(crate) key_id: Option<&'a str>,
    pub(crate) algorithm: Algorithm,
    /// The token's `iat`, not verified yet: it only decides between 401 and 503.
    pub(crate) issued_at: Option<SystemTime>,
    /// The accepted clock skew.
    pub(crate) leeway: Duration,
}

/// A key, and the generation of the key set that contains it.
#[derive(Debug)]
pub(crate) struct FoundKey {
    key: Key,
    generation: u64,
}

impl KeySource {
    pub(crate) fn new(source: Source<KeySet>) -> Self {
        Self {
            source,
            in_use: Arc::default(),
        }
    }

    /// Whether these are the keys at `places`: issuers that share a URL share its key set.
    pub(crate) fn is_at(&self, places: &Places) -> bool {
        self.source.is_at(places)
    }

    /// Starts a fetch of the keys unless they are cached. Does not wait for it.
    pub(crate) fn start(&self) {
        self.source.start();
    }

    /// Fetches the keys unless they are cached.
    pub(crate) async fn ready(&self) -> Result<(), Unavailable> {
        self.source.current().await.map(drop)
    }

    /// Valid while the key set that contains this key is the current one.
    pub(crate) fn in_use(&self, key: &FoundKey) -> Arc<KeysInUse> {
        // No update under this lock can panic halfway, so a poisoned value is consistent.
        let mut newest = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        match &*newest {
            Some(known) if known.generation == key.generation => Arc::clone(known),
            _ => {
                let in_use = Arc::new(KeysInUse {
                    keys: self.source.clone(),
                    generation: key.generation,
                });
                *newest = Some(Arc::clone(&in_use));
                in_use
            }
        }
    }

    /// Called once per window between forced fetches: any caller can cause it.
    fn log_unknown_key(&self, wait: Duration) {
        tracing::info!(
            jwks_url = self.source.place(),
            retry_after_s = wait.as_secs(),
            "unknown key: a token names one that the key set does not have, and the set was read a \
             moment ago"
        );
    }

    /// The state of the key set of `issuer`.
    pub(crate) fn status(&self, issuer: &str) -> KeySetStatus {
        let state = self.source.state();
        KeySetStatus {
            issuer: issuer.into(),
            jwks_url: self.source.place(),
            usable: state.usable,
            keys: state
                .answer
                .as_ref()
                .map_or(0, |answer| answer.content.len()),
            age: state.age,
            failures: state.failures,
            last_error: state.last_error.map(|error| error.to_string()),
        }
    }

    /// The key that a token names. A `kid` that the set does not have may be newer than the set, so the
    /// set is fetched again, but not more often than the budget allows.
    pub(crate) async fn find(&self, lookup: &Lookup<'_>) -> Result<FoundKey, VerifyError> {
        let mut snapshot = self.source.current().await?;
        loop {
            let reason = match select(&snapshot, lookup) {
                Ok(found) => return Ok(found),
                Err(reason @ InvalidReason::UnknownKey) => reason,
                Err(reason) => return Err(reason.into()),
            };
            match self.source.newer_than(snapshot.generation).await {
                Newer::Found {
                    snapshot: newer,
                    conclusive: true,
                } => return Ok(select(&newer, lookup)?),
                // It was requested before this token arrived, and may be too old as well.
                Newer::Found {
                    snapshot: newer,
                    conclusive: false,
                } => snapshot = newer,
                Newer::Failed(unavailable) => return Err(unavailable.into()),
                // The set was requested after the token was issued, and lacks its key: conclusive.
                Newer::NotBefore { .. } if issued_before(lookup, &snapshot) => {
                    return Err(reason.into());
                }
                Newer::NotBefore {
                    outage: Some(unavailable),
                    ..
                } => return Err(unavailable.into()),
                Newer::NotBefore { too_early, .. } => {
                    if too_early.first {
                        self.log_unknown_key(too_early.wait);
                    }
                    return Err(Unavailable::unknown_key(too_early.wait).into());
                }
            }
        }
    }

    /// The key with the same `kid` in a newer set than that of `old`, if there is one.
    pub(crate) async fn find_newer(
        &self,
        lookup: &Lookup<'_>,
        old: &FoundKey,
    ) -> Result<Option<FoundKey>, Unavailable> {
        match self.source.newer_than(old.generation).await {
            Newer::Found { snapshot, .. } => Ok(select(&snapshot, lookup).ok()),
            Newer::NotBefore { .. } => Ok(None),
            Newer::Failed(unavailable) => Err(unavailable),
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

/// Whether the token was issued before the set was requested, within the leeway. False for a token without
/// `iat`.
fn issued_before(lookup: &Lookup<'_>, snapshot: &Snapshot<KeySet>) -> bool {
    lookup
        .issued_at
        .and_then(|issued_at| issued_at.checked_add(lookup.leeway))
        .is_some_and(|latest| latest < snapshot.requested_at)
}
