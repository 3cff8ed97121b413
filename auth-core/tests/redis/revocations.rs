use std::time::{Duration, SystemTime};

use auth_core::redis::{RedisRevocations, RedisSettings};
use auth_core::revocation::{Revocation, RevocationStore, RevocationTarget, Revocations};
use auth_core::token::VerifiedToken;
use serde_json::json;

use crate::redis_server::RedisServer;
use crate::support::{ISSUER, acknowledged, all, is_revoked, replica, token, until_revoked};

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn every_kind_is_known_to_every_replica() {
    let server = RedisServer::start();
    let [one, two] = [replica(&server).await, replica(&server).await];
    let claims = json!({"roles": ["admin"], "permissions": ["notes:delete"]});
    let token = token("tkn_1")
        .with_session_id("ses_1")
        .with_organization("org_1")
        .with_client_id("m2m_1")
        .with_claims(claims.as_object().unwrap().clone());
    let later = token
        .clone()
        .with_issued_at(SystemTime::now() + Duration::from_secs(60));
    let now = SystemTime::now();
    for (number, target) in [
        RevocationTarget::role("admin"),
        RevocationTarget::permission("notes:delete"),
        RevocationTarget::client("m2m_1"),
        RevocationTarget::organization("org_1"),
        RevocationTarget::member("usr_1", "org_1"),
        RevocationTarget::subject("usr_1"),
        RevocationTarget::session("ses_1"),
        RevocationTarget::token("tkn_1"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{target:?}");
        let other = VerifiedToken::assertion(ISSUER, format!("other{number}"), token.expires_at());
        assert!(two.check(&other).is_ok(), "the control");
        if number == 0 {
            assert!(
                one.check(&token).is_ok() && two.check(&token).is_ok(),
                "the control"
            );
        }
        let changed = two.changed(&token);
        one.revoke(&[Revocation::new(ISSUER, target, now)])
            .await
            .unwrap();
        assert!(
            one.check(&token).is_err(),
            "at once where it was added: {name}"
        );
        tokio::time::timeout(Duration::from_secs(10), changed)
            .await
            .unwrap();
        assert!(two.check(&token).is_err(), "{name}");
        assert!(two.check(&other).is_ok(), "{name}");
        let is_timeless = number >= 6;
        assert_eq!(two.check(&later).is_ok(), !is_timeless, "{name}");
        assert_eq!(all(&one), all(&two), "{name}");
    }
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_replica_that_starts_later_knows_what_is_in_force() {
    let server = RedisServer::start();
    let one = replica(&server).await;
    acknowledged(&one, "tkn_1").await;
    // All tokens that it concerns have expired.
    let long_ago = SystemTime::now() - Duration::from_secs(2 * 24 * 3600);
    let over = Revocation::new(ISSUER, RevocationTarget::subject("usr_2"), long_ago);
    one.revoke(&[over]).await.unwrap();
    drop(one);
    let two = replica(&server).await;
    assert!(is_revoked(&two, "tkn_1"));
    assert_eq!(two.state().revocations, 1, "what is over is left out");
    let other = RedisSettings::new(server.url()).prefix("other:");
    let other = RedisRevocations::connect(&other).await.unwrap();
    assert!(!is_revoked(&other, "tkn_1"), "another deployment");
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn entries_that_cannot_be_read_are_skipped() {
    let server = RedisServer::start();
    let one = replica(&server).await;
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut add = redis::cmd("XADD");
    add.arg("auth:revocations")
        .arg("*")
        .arg("kind")
        .arg("planet");
    add.exec_async(&mut connection).await.unwrap();
    acknowledged(&one, "tkn_1").await;
    let two = replica(&server).await;
    until_revoked(&two, "tkn_1").await;
    assert_eq!(two.state().revocations, 1);
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn more_than_one_answer_holds_is_read() {
    let server = RedisServer::start();
    let one = replica(&server).await;
    let now = SystemTime::now();
    let many: Vec<_> = (0..5000)
        .map(|number| Revocation::new(ISSUER, RevocationTarget::token(format!("{number}")), now))
        .collect();
    one.revoke(&many).await.unwrap();
    acknowledged(&one, "last").await;
    let two = replica(&server).await;
    assert_eq!(two.state().revocations, 5001);
    assert_eq!(all(&one), all(&two));
}
