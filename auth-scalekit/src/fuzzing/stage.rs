//! An issuer on loopback and a verifier that trusts it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use auth_core::support::Clock;
use auth_core::token::{BearerToken, VerifiedToken};
use auth_core::verifier::{InvalidReason, TokenVerifier, VerifyError, VerifyRequest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::jwt::{Algorithm, JwtVerifier};
use crate::remote::Fetcher;

/// The time of the stopped clock, in seconds since 1970.
pub(super) const NOW: u64 = 1_800_000_000;
pub(super) const LEEWAY: u64 = 60;
pub(super) const ISSUER: &str = "https://id.example.com";
pub(super) const AUDIENCE: &str = "res_1";
pub(super) const GOOD_HEADER: &str = r#"{"alg":"EdDSA","kid":"k"}"#;
pub(super) const GOOD_CLAIMS: &str =
    r#"{"iss":"https://id.example.com","aud":"res_1","exp":1800000300,"sub":"u"}"#;

/// A stopped clock.
#[derive(Debug)]
pub(super) struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// An issuer on loopback, a verifier that trusts it, and the one thread that both run on.
pub(super) struct Stage {
    pub(super) runtime: Runtime,
    verifier: JwtVerifier,
    issuer_key: Ed25519KeyPair,
    /// The issuer's reply to every request.
    reply: Arc<Mutex<Vec<u8>>>,
    pub(super) url: String,
    pub(super) fetcher: Fetcher,
}

thread_local! {
    pub(super) static STAGE: Stage = Stage::set_up();
}

impl Stage {
    fn set_up() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let reply = Arc::default();
        runtime.spawn(serve(listener, Arc::clone(&reply)));
        let verifier = JwtVerifier::builder([ISSUER], [AUDIENCE], url.as_str())
            .algorithms([Algorithm::EdDsa, Algorithm::Rs256])
            .clock(StoppedClock)
            .build()
            .unwrap();
        let stage = Self {
            runtime,
            verifier,
            issuer_key: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap(),
            reply,
            url,
            fetcher: Fetcher::new(true).unwrap(),
        };
        let point = URL_SAFE_NO_PAD.encode(stage.issuer_key.public_key());
        let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": point});
        stage.answer(b"no-store", json!({"keys": [key]}).to_string().as_bytes());
        stage.runtime.block_on(stage.verifier.ready()).unwrap();
        // Uses the one fetch that a bad signature may force, so that all results are the same.
        let forged = compact(GOOD_HEADER.as_bytes(), GOOD_CLAIMS.as_bytes(), &[0; 64]);
        assert_eq!(
            stage.verify(&forged).err(),
            Some(Some(InvalidReason::BadSignature))
        );
        stage
    }

    /// Sets the issuer's reply from now on.
    pub(super) fn answer(&self, cache_control: &[u8], body: &[u8]) {
        let length = body.len().to_string();
        let reply = [
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ".as_slice(),
            length.as_bytes(),
            b"\r\nCache-Control: ",
            cache_control,
            b"\r\n\r\n",
            body,
        ];
        *self.reply.lock().unwrap() = reply.concat();
    }

    /// `max-age` of the issuer's reply; `None` when it cannot be reached.
    pub(super) fn fetched_max_age(&self) -> Option<Option<Duration>> {
        match self.runtime.block_on(self.fetcher.get(&self.url, false)) {
            Ok(fetched) => Some(fetched.max_age),
            Err(error) => {
                assert!(error.is_unreachable(), "{error}");
                None
            }
        }
    }

    /// The result, which must be the same twice: a token, a reason, or `None` for [`VerifyError::Unavailable`].
    pub(super) fn verify(&self, token: &str) -> Result<VerifiedToken, Option<InvalidReason>> {
        // With an empty header the token begins with a dot, which a b64token may.
        let token = BearerToken::new(token).expect("base64url and dots make a b64token");
        let once = || {
            let request = VerifyRequest::new(token, StoppedClock.now());
            match self.runtime.block_on(self.verifier.verify(request)) {
                Ok(token) => Ok(token),
                Err(VerifyError::Invalid(invalid)) => Err(Some(invalid.reason())),
                Err(VerifyError::Unavailable(_)) => Err(None),
            }
        };
        let (first, second) = (once(), once());
        assert_eq!(
            format!("{first:?}"),
            format!("{second:?}"),
            "the result differs"
        );
        first
    }

    /// Verifies a token with an invalid signature, which is never accepted; if that was its only fault,
    /// also with a valid one. `None` when there was another fault.
    pub(super) fn verify_both(
        &self,
        header: &[u8],
        claims: &[u8],
    ) -> Option<Result<VerifiedToken, Option<InvalidReason>>> {
        let forged = compact(header, claims, &[0; 64]);
        let reason = self.verify(&forged).expect_err("it is not signed");
        if reason != Some(InvalidReason::BadSignature) {
            return None;
        }
        let input = signing_input(header, claims);
        let signature = self.issuer_key.sign(input.as_bytes());
        Some(self.verify(&compact(header, claims, signature.as_ref())))
    }
}

fn signing_input(header: &[u8], claims: &[u8]) -> String {
    let part = |bytes| URL_SAFE_NO_PAD.encode(bytes);
    format!("{}.{}", part(header), part(claims))
}

fn compact(header: &[u8], claims: &[u8], signature: &[u8]) -> String {
    let input = signing_input(header, claims);
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Answers every request the same way, and closes.
async fn serve(listener: TcpListener, reply: Arc<Mutex<Vec<u8>>>) {
    while let Ok((mut connection, _)) = listener.accept().await {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            if !matches!(connection.read_buf(&mut request).await, Ok(1..)) {
                break;
            }
        }
        let bytes = reply.lock().unwrap().clone();
        // A client that went away needs no answer.
        let _ = connection.write_all(&bytes).await;
    }
}
