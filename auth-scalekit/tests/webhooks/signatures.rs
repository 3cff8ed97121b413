//! What is accepted as a webhook of Scalekit. Each row differs from the control in one respect.

use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use auth_scalekit::webhooks::{SignatureError, WebhookSecrets};
use http::{HeaderMap, HeaderName, HeaderValue, Request};

use crate::samples;
use crate::stage::{KEY, OTHER_KEY, Stage, Webhook, secret};

/// What differs from the control, and how.
type Row = (&'static str, u16, fn(&Webhook, u64) -> Request<String>);

fn with(header: &'static str, value: &[u8]) -> impl Fn(&Webhook) -> Request<String> {
    let value = HeaderValue::from_bytes(value).unwrap();
    move |webhook| {
        let mut request = webhook.request();
        request.headers_mut().insert(header, value.clone());
        request
    }
}

fn again(webhook: &Webhook, header: &'static str) -> Request<String> {
    let mut request = webhook.request();
    let line = request.headers()[header].clone();
    request.headers_mut().append(header, line);
    request
}

fn without(webhook: &Webhook, header: &str) -> Request<String> {
    let mut request = webhook.request();
    request.headers_mut().remove(header);
    request
}

/// A number, or anything in its place.
struct Timestamp(String);

impl From<u64> for Timestamp {
    fn from(seconds: u64) -> Self {
        Self(seconds.to_string())
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Signed, but for this time.
fn at(webhook: &Webhook, timestamp: impl Into<Timestamp>) -> Request<String> {
    let webhook = Webhook {
        timestamp: timestamp.into().0,
        ..webhook.clone()
    };
    webhook.signed(KEY).request()
}

fn signed_as(webhook: &Webhook, signatures: String) -> Request<String> {
    Webhook {
        signatures,
        ..webhook.clone()
    }
    .request()
}

/// Signed, with this id.
fn named(webhook: &Webhook, id: String) -> Request<String> {
    let webhook = Webhook {
        id,
        ..webhook.clone()
    };
    webhook.signed(KEY).request()
}

const ROWS: [Row; 43] = [
    ("the control", 201, |it, _| it.request()),
    ("300 s old", 201, |it, now| at(it, now - 300)),
    ("301 s old", 400, |it, now| at(it, now - 301)),
    ("300 s ahead", 201, |it, now| at(it, now + 300)),
    ("301 s ahead", 400, |it, now| at(it, now + 301)),
    ("of 1970", 400, |it, _| at(it, 0)),
    ("of a far future", 400, |it, _| at(it, u64::MAX)),
    ("of the last second that is signed", 400, |it, _| {
        at(it, i64::MAX.unsigned_abs())
    }),
    ("a negative time", 400, |it, now| at(it, format!("-{now}"))),
    ("a time with a sign", 400, |it, now| {
        at(it, format!("+{now}"))
    }),
    ("a time with a zero", 400, |it, now| {
        at(it, format!("0{now}"))
    }),
    ("a time with a fraction", 400, |it, now| {
        at(it, format!("{now}.0"))
    }),
    ("a time of too many digits", 400, |it, now| {
        at(it, format!("{now}00000000000"))
    }),
    ("milliseconds", 400, |it, now| at(it, now * 1000)),
    ("another time than signed", 401, |it, now| {
        with("webhook-timestamp", (now + 1).to_string().as_bytes())(it)
    }),
    ("another id than signed", 401, |it, _| {
        with("webhook-id", b"msg_2")(it)
    }),
    ("another body than signed", 401, |it, _| {
        let body = it.body.replace("ses_1", "ses_2");
        Webhook { body, ..it.clone() }.request()
    }),
    ("a body with one more byte", 401, |it, _| {
        let body = format!("{} ", it.body);
        Webhook { body, ..it.clone() }.request()
    }),
    ("no body", 401, |it, _| {
        let body = String::new();
        Webhook { body, ..it.clone() }.request()
    }),
    ("another secret", 401, |it, _| {
        it.clone().signed(OTHER_KEY).request()
    }),
    ("the secret as text", 401, |it, _| {
        it.clone().signed(secret(KEY).as_bytes()).request()
    }),
    ("an empty secret", 401, |it, _| {
        it.clone().signed(b"").request()
    }),
    ("no id", 400, |it, _| without(it, "webhook-id")),
    ("no time", 400, |it, _| without(it, "webhook-timestamp")),
    ("no signature", 400, |it, _| {
        without(it, "webhook-signature")
    }),
    ("two lines of the id", 400, |it, _| again(it, "webhook-id")),
    ("two lines of the time", 400, |it, _| {
        again(it, "webhook-timestamp")
    }),
    ("two lines of signatures", 400, |it, _| {
        again(it, "webhook-signature")
    }),
    ("an empty id", 400, |it, _| named(it, String::new())),
    ("the longest id", 201, |it, _| named(it, "m".repeat(256))),
    ("a longer id", 400, |it, _| named(it, "m".repeat(257))),
    ("an id that is not ASCII", 400, |it, _| {
        with("webhook-id", "msg_é".as_bytes())(it)
    }),
    ("an id with a tab", 400, |it, _| {
        with("webhook-id", b"msg\t1")(it)
    }),
    ("an empty signature", 400, |it, _| {
        signed_as(it, String::new())
    }),
    ("the scheme alone", 401, |it, _| signed_as(it, "v1,".into())),
    ("another scheme", 401, |it, _| {
        signed_as(it, it.signatures.replace("v1,", "v2,"))
    }),
    ("the asymmetric scheme", 401, |it, _| {
        signed_as(it, it.signatures.replace("v1,", "v1a,"))
    }),
    ("no scheme", 401, |it, _| {
        signed_as(it, it.signatures.replace("v1,", ""))
    }),
    ("a part of the signature", 401, |it, _| {
        signed_as(it, it.signatures[..20].into())
    }),
    ("several, one of them valid", 201, |it, _| {
        signed_as(it, format!("v1,x v2,y {} v1,z", it.signatures))
    }),
    ("several, none of them valid", 401, |it, _| {
        signed_as(it, format!("v1,x v2,y {}x v1,z", it.signatures))
    }),
    ("separated by a comma", 401, |it, _| {
        signed_as(it, format!("v1,x,{}", it.signatures))
    }),
    ("too many signatures", 400, |it, _| {
        signed_as(it, format!("{} {}", it.signatures, "v1,x ".repeat(500)))
    }),
];

#[tokio::test]
async fn webhooks_are_signed_by_a_secret_of_the_endpoint_now() {
    for (name, status, change) in ROWS {
        let stage = Stage::new();
        let now = stage.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap().as_secs();
        let webhook = stage.webhook(&samples::event("user.logout", "evt_1"));
        let response = stage.respond(change(&webhook, now)).await;
        assert_eq!(response.status().as_u16(), status, "{name}");
        let revoked = stage.revoked.targets().len();
        assert_eq!(revoked, usize::from(status == 201), "{name}");
        let (error, has_challenge) = match status {
            201 => ("{}", false),
            400 => (r#"{"error":"invalid_webhook"}"#, false),
            _ => (r#"{"error":"invalid_signature"}"#, true),
        };
        assert_eq!(response.body(), error, "{name}");
        let challenge = response.headers().contains_key("www-authenticate");
        assert_eq!(challenge, has_challenge, "{name}");
    }
}

#[tokio::test]
async fn during_a_rotation_both_secrets_are_accepted() {
    let (old, new) = (KEY, OTHER_KEY);
    let third = b"a third key of 32 bytes, unknown";
    for (name, configured, statuses) in [
        ("before", secret(old), [201, 401, 401]),
        (
            "during",
            format!("{} {}", secret(old), secret(new)),
            [201, 201, 401],
        ),
        ("after", secret(new), [401, 201, 401]),
    ] {
        for (key, status) in [old, new, &third[..]].into_iter().zip(statuses) {
            let stage = Stage::with_secrets(&configured, |builder| builder);
            let event = samples::event("user.logout", "evt_1");
            let webhook = stage.webhook(&event).signed(key);
            assert_eq!(stage.status(webhook.request()).await, status, "{name}");
            // The sender signs with all of its secrets.
            let both = format!("{} {}", webhook.signature(old), webhook.signature(new));
            let webhook = Webhook {
                signatures: both,
                ..webhook
            };
            assert_eq!(stage.status(webhook.request()).await, 201, "{name}");
        }
    }
}

/// The example of the specification.
#[test]
fn a_published_signature_is_valid() {
    let secrets = WebhookSecrets::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let body = br#"{"email":"test@example.com","username":"test_user"}"#;
    let headers: HeaderMap = [
        ("webhook-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"),
        ("webhook-timestamp", "1649367553"),
        (
            "webhook-signature",
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ]
    .into_iter()
    .map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    })
    .collect();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_649_367_553);
    assert_eq!(secrets.verify(&headers, body, now), Ok(()));
    let late = now + Duration::from_millis(300_001);
    let error = secrets.verify(&headers, body, late);
    assert_eq!(error, Err(SignatureError::TooOld));
    let early = now - Duration::from_millis(300_001);
    let error = secrets.verify(&headers, body, early);
    assert_eq!(error, Err(SignatureError::InFuture));
    let error = secrets.verify(&headers, b"\xff", now);
    assert_eq!(error, Err(SignatureError::Invalid));
}
