use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::redis::{OnOutage, RedisRevocations, RedisSettings};
use auth_core::revocation::{Revocation, RevocationStore, RevocationTarget, Revocations};
use auth_core::token::VerifiedToken;

use crate::redis_server::RedisServer;

pub(crate) const ISSUER: &str = "https://id.example.com";

pub(crate) type Replica = Arc<RedisRevocations>;

/// A replica that continues during an outage, so that only what it knows matters.
pub(crate) async fn replica(server: &RedisServer) -> Replica {
    replica_with(server, OnOutage::DangerousContinue).await
}

pub(crate) async fn replica_with(server: &RedisServer, on_outage: OnOutage) -> Replica {
    let settings = RedisSettings::new(server.url());
    let builder = RedisRevocations::builder(&settings).on_outage(on_outage);
    Arc::new(builder.connect().await.unwrap())
}

/// The token with this id.
pub(crate) fn token(id: &str) -> VerifiedToken {
    let now = SystemTime::now();
    VerifiedToken::assertion(ISSUER, "usr_1", now + Duration::from_secs(3600))
        .with_issued_at(now - Duration::from_secs(10))
        .with_token_id(id)
}

pub(crate) fn revocation(id: &str) -> Revocation {
    Revocation::new(ISSUER, RevocationTarget::token(id), SystemTime::now())
}

pub(crate) fn is_revoked(store: &RedisRevocations, id: &str) -> bool {
    store.check(&token(id)).is_err()
}

/// Completes once this replica refuses the token.
pub(crate) async fn until_revoked(store: &RedisRevocations, id: &str) {
    let work = async {
        loop {
            let changed = store.changed(&token(id));
            if is_revoked(store, id) {
                return;
            }
            changed.await;
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(30), work).await;
    done.unwrap_or_else(|_| panic!("{id} is not revoked: {store:?}"));
}

pub(crate) fn all(store: &RedisRevocations) -> BTreeSet<Revocation> {
    store.to_vec().into_iter().collect()
}

/// Revokes as callers do, who call again after a failure, until it is acknowledged.
pub(crate) async fn acknowledged(store: &RedisRevocations, id: &str) {
    let work = async {
        let revocation = revocation(id);
        while store
            .revoke(std::slice::from_ref(&revocation))
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(30), work).await;
    done.unwrap_or_else(|_| panic!("{id} is not acknowledged: {store:?}"));
}
