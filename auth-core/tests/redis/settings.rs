use std::net::TcpListener;
use std::time::Duration;

use auth_core::redis::{OnOutage, RedisIdempotency, RedisRevocations, RedisSettings};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};

use crate::redis_server::RedisServer;
use crate::support::{acknowledged, is_revoked};

async fn error(settings: &RedisSettings) -> String {
    RedisRevocations::connect(settings)
        .await
        .unwrap_err()
        .to_string()
}

#[tokio::test]
async fn a_setting_that_is_wrong_is_named() {
    for (url, expected) in [
        (
            "",
            "redis_url is not a URL (relative URL without a base): give rediss://host:port",
        ),
        (
            "http://127.0.0.1",
            "redis_url has another scheme: use rediss:// or redis://",
        ),
        ("redis://", "redis_url has no host: give rediss://host:port"),
        (
            "redis://127.0.0.1/one",
            "redis_url has a path that is not the number of a database: remove it",
        ),
        (
            "redis://127.0.0.1/?a=b",
            "redis_url has a query or a fragment: remove it",
        ),
        (
            "redis://:secret-marker@redis.internal",
            "redis_url sends all data without TLS to another machine: use rediss://, or dangerous_plain_text()",
        ),
        (
            "redis://:%ff@127.0.0.1",
            "redis_url has a user or password that is not UTF-8",
        ),
    ] {
        let settings = RedisSettings::new(url);
        let text = error(&settings).await;
        assert!(text.contains(expected), "{url}: {text}");
        let shown = format!("{settings:?}");
        assert!(
            !shown.contains("secret-marker") && !text.contains("secret-marker"),
            "{shown}"
        );
        assert!(RedisIdempotency::new(&settings).is_err(), "{url}");
    }
    let loopback = RedisSettings::new("redis://127.0.0.1:1");
    let text = error(&loopback.clone().prefix("")).await;
    assert!(
        text.contains("prefix is empty: give one, such as auth:"),
        "{text}"
    );
    let text = error(&loopback.clone().ca_file("/ca.pem")).await;
    assert!(text.contains("ca_file is for TLS: use rediss://"), "{text}");
    let secure = RedisSettings::new("rediss://127.0.0.1:1");
    let text = error(&secure.ca_file("/no/such/file.pem")).await;
    assert!(text.contains("ca_file /no/such/file.pem: "), "{text}");
    let early = OnOutage::RefuseAfter(Duration::from_millis(1999));
    let builder = RedisRevocations::builder(&loopback).on_outage(early);
    let text = builder.connect().await.unwrap_err().to_string();
    assert!(
        text.contains("on_outage is less than 2 s: use at least 2 s"),
        "{text}"
    );
    // No server listens there.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let text = error(&RedisSettings::new(format!("redis://127.0.0.1:{port}"))).await;
    let expected = format!("redis_url cannot connect to Redis at 127.0.0.1:{port}: TCP failed: ");
    assert!(text.contains(&expected), "{text}");
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_password_is_needed_where_there_is_one() {
    let server = RedisServer::with(&["--requirepass", "secret-marker"]);
    let with = RedisSettings::new(server.url()).password("secret-marker");
    let one = RedisRevocations::connect(&with).await.unwrap();
    acknowledged(&one, "tkn_1").await;
    let in_url = format!("redis://:secret%2Dmarker@127.0.0.1:{}", server.port);
    let two = RedisRevocations::connect(&RedisSettings::new(in_url))
        .await
        .unwrap();
    assert!(is_revoked(&two, "tkn_1"));
    for settings in [
        RedisSettings::new(server.url()),
        RedisSettings::new(server.url()).password("secret-marker2"),
    ] {
        let text = error(&settings).await;
        assert!(
            text.contains("authentication failed") || text.contains("refused"),
            "{text}"
        );
        assert!(!text.contains("secret-marker"), "{text}");
    }
    let shown = format!("{with:?} {one:?}");
    assert!(!shown.contains("secret-marker"), "{shown}");
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn tls_is_checked() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for name in ["ours", "other"] {
        certificate(name, &path);
    }
    let plain = RedisServer::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    let server = RedisServer::with(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &path("ours.server.pem"),
        "--tls-key-file",
        &path("ours.key"),
        "--tls-ca-cert-file",
        &path("ours.pem"),
        "--tls-auth-clients",
        "no",
    ]);
    let url = format!("rediss://127.0.0.1:{port}");
    let trusted = RedisSettings::new(&url).ca_file(path("ours.pem"));
    let one = RedisRevocations::connect(&trusted).await.unwrap();
    acknowledged(&one, "tkn_1").await;
    let unencrypted = RedisRevocations::connect(&RedisSettings::new(server.url()))
        .await
        .unwrap();
    assert!(is_revoked(&unencrypted, "tkn_1"), "the same server");
    for (name, settings) in [
        (
            "another authority",
            RedisSettings::new(&url).ca_file(path("other.pem")),
        ),
        ("that of the system", RedisSettings::new(&url)),
        (
            "another host",
            RedisSettings::new(format!("rediss://localhost:{port}")).ca_file(path("ours.pem")),
        ),
        (
            "no TLS there",
            RedisSettings::new(format!("rediss://127.0.0.1:{}", plain.port))
                .ca_file(path("ours.pem")),
        ),
    ] {
        let text = error(&settings).await;
        assert!(
            text.contains("TLS failed") || text.contains("TLS took too long"),
            "{name}: {text}"
        );
    }
}

/// An authority, and a certificate for 127.0.0.1 by it.
fn certificate(name: &str, path: &dyn Fn(&str) -> String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    authority.distinguished_name.push(DnType::CommonName, name);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let server = server.signed_by(&key, &authority).unwrap();
    std::fs::write(path(&format!("{name}.pem")), authority.pem()).unwrap();
    std::fs::write(path(&format!("{name}.server.pem")), server.pem()).unwrap();
    std::fs::write(path(&format!("{name}.key")), key.serialize_pem()).unwrap();
}
