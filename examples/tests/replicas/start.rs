//! Settings that cannot be used are reported at the start, with the name of the variable and exit code 2.

use auth_testkit::MockScalekit;

use crate::process::Replica;
use crate::stage::Stage;

/// The exit code and the text of a process with this change of its variables.
fn refused(variables: &[(&'static str, String)], name: &'static str, value: &str) -> String {
    let mut changed: Vec<_> = variables.to_vec();
    changed.retain(|(known, _)| *known != name);
    changed.push((name, value.into()));
    let Err((code, text)) = Replica::start(0, &changed) else {
        panic!("started with {name}={value}");
    };
    assert_eq!(code, Some(2), "{text}");
    text
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn what_cannot_be_used_is_named() {
    let stage = Stage::start().await;
    let variables = stage.variables();
    assert!(Replica::start(0, &variables).is_ok(), "the control");
    for (name, value, names) in [
        ("REDIS_URL", "redis.internal", "REDIS_URL is not a URL"),
        (
            "REDIS_URL",
            "redis://redis.internal",
            "without TLS to another machine",
        ),
        (
            "REDIS_PASSWORD",
            "not the password",
            "REDIS_URL cannot connect",
        ),
        (
            "REDIS_PASSWORD_FILE",
            "/nowhere",
            "REDIS_PASSWORD_FILE names a file",
        ),
        ("REDIS_CA_FILE", "/nowhere", "REDIS_CA_FILE is for TLS"),
        ("REDIS_ON_OUTAGE", "1", "REDIS_ON_OUTAGE is less than 2 s"),
        ("REDIS_ON_OUTAGE", "refuse", "REDIS_ON_OUTAGE is neither"),
        (
            "SCALEKIT_WEBHOOK_SECRET",
            "whsec_dG9vIHNob3J0",
            "SCALEKIT_WEBHOOK_SECRET does not have",
        ),
        (
            "SCALEKIT_WEBHOOK_SECRET",
            "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "SCALEKIT_WEBHOOK_SECRET does not begin",
        ),
        (
            "SCALEKIT_RESOURCE_ID",
            "prj_1",
            "SCALEKIT_RESOURCE_ID must start",
        ),
    ] {
        let text = refused(&variables, name, value);
        assert!(text.contains(names), "{name}={value}: {text}");
        assert!(
            !text.contains("not the password") && !text.contains("C2FVs"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_named() {
    // A port that was free just now: nothing listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let scalekit = MockScalekit::start().await;
    let variables = [
        (
            "SCALEKIT_ENVIRONMENT_URL",
            scalekit.environment_url().to_owned(),
        ),
        ("SCALEKIT_RESOURCE_ID", scalekit.resource_id().to_owned()),
        (
            "SCALEKIT_WEBHOOK_SECRET",
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".into(),
        ),
    ];
    let text = refused(
        &variables,
        "REDIS_URL",
        &format!("redis://127.0.0.1:{port}"),
    );
    let wanted = format!("REDIS_URL cannot connect to Redis at 127.0.0.1:{port}");
    assert!(text.starts_with(&wanted), "{text}");
    let Err((code, text)) = Replica::start(0, &variables) else {
        panic!("started without REDIS_URL");
    };
    assert_eq!(code, Some(2), "{text}");
    assert!(text.starts_with("REDIS_URL is not set"), "{text}");
}
