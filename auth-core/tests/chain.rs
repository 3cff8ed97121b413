//! Chains of verifiers: which one is called for a token, and whose refusal is reported.
#![allow(clippy::unwrap_used, reason = "a failure here is the test's failure")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use auth_core::policy::{Denied, Policy, PolicyRequest};
use auth_core::provider::{
    AuthProvider, DocumentError, DocumentSource, ProtectedResourceMetadata, PublicDocument,
    PublicUrl,
};
use auth_core::revocation::Revocations;
use auth_core::support::async_trait;
use auth_core::token::{BearerToken, Scopes, VerifiedToken};
use auth_core::verifier::{
    InvalidReason, TokenVerifier, TokenVerifierExt, Unavailable, VerifyError, VerifyRequest,
    first_of,
};

/// A verifier with a fixed verdict, and the number of its calls.
#[derive(Debug, Clone)]
struct Fixed {
    name: &'static str,
    verdict: Verdict,
    calls: Arc<AtomicUsize>,
}

#[derive(Debug, Clone, Copy)]
enum Verdict {
    Valid,
    Invalid(InvalidReason),
    Outage(u64),
}

impl Fixed {
    fn new(name: &'static str, verdict: Verdict) -> Self {
        Self {
            name,
            verdict,
            calls: Arc::default(),
        }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenVerifier for Fixed {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        match self.verdict {
            Verdict::Valid => Ok(VerifiedToken::assertion(
                "https://id.example",
                self.name,
                request.now(),
            )),
            Verdict::Invalid(reason) => Err(reason.into()),
            Verdict::Outage(seconds) => Err(Unavailable::new(Duration::from_secs(seconds)).into()),
        }
    }
}

const JWT: &str = "e30.e30.AA";
const OPAQUE: &str = "reference";

async fn verdict(verifier: &dyn TokenVerifier, token: &str) -> String {
    let token = BearerToken::new(token).unwrap();
    let request = VerifyRequest::new(token, SystemTime::UNIX_EPOCH);
    match verifier.verify(request).await {
        Ok(token) => format!("ok by {}", token.subject()),
        Err(VerifyError::Invalid(invalid)) => invalid.reason().as_str().into(),
        Err(VerifyError::Unavailable(it)) => format!("unavailable {}", it.retry_after().as_secs()),
    }
}

#[tokio::test]
async fn by_shape_one_verifier_is_called_and_its_verdict_is_final() {
    use InvalidReason::{Expired, Revoked};
    use Verdict::{Invalid, Outage, Valid};
    for (name, jwts, opaque, token, expected) in [
        ("a good jwt", Valid, Valid, JWT, "ok by jwts"),
        ("a good opaque token", Valid, Valid, OPAQUE, "ok by opaque"),
        (
            "a bad jwt is passed to no other verifier",
            Invalid(Expired),
            Valid,
            JWT,
            "expired",
        ),
        (
            "a bad opaque token",
            Valid,
            Invalid(Revoked),
            OPAQUE,
            "revoked",
        ),
        ("no keys, a jwt", Outage(7), Valid, JWT, "unavailable 7"),
        (
            "no keys, an opaque token",
            Outage(7),
            Valid,
            OPAQUE,
            "ok by opaque",
        ),
        ("no endpoint, a jwt", Valid, Outage(7), JWT, "ok by jwts"),
        (
            "no endpoint, a bad jwt",
            Invalid(Expired),
            Outage(7),
            JWT,
            "expired",
        ),
        (
            "no endpoint, an opaque token",
            Valid,
            Outage(7),
            OPAQUE,
            "unavailable 7",
        ),
    ] {
        let (jwts, opaque) = (Fixed::new("jwts", jwts), Fixed::new("opaque", opaque));
        let chain = jwts.clone().or_opaque(opaque.clone());
        assert_eq!(verdict(&chain, token).await, expected, "{name}");
        let calls = if token == JWT { (1, 0) } else { (0, 1) };
        assert_eq!((jwts.calls(), opaque.calls()), calls, "{name}");
    }
}

#[tokio::test]
async fn in_turn_the_most_specific_refusal_is_reported() {
    use InvalidReason::{BadSignature, Expired, NotCompact, Revoked, WrongAudience, WrongIssuer};
    use Verdict::{Invalid, Outage, Valid};
    for (name, first, second, expected) in [
        ("both would accept", Valid, Valid, "ok by first"),
        (
            "the first refuses",
            Invalid(BadSignature),
            Valid,
            "ok by second",
        ),
        ("the first is unavailable", Outage(7), Valid, "ok by second"),
        (
            "the second is unavailable",
            Invalid(Expired),
            Outage(7),
            "unavailable 7",
        ),
        (
            "the first is unavailable, the second refuses",
            Outage(7),
            Invalid(Expired),
            "unavailable 7",
        ),
        (
            "both are unavailable",
            Outage(7),
            Outage(3),
            "unavailable 3",
        ),
        (
            "another issuer's, then expired",
            Invalid(WrongIssuer),
            Invalid(Expired),
            "expired",
        ),
        (
            "expired, then another issuer's",
            Invalid(Expired),
            Invalid(WrongIssuer),
            "expired",
        ),
        (
            "no jwt, then not active",
            Invalid(NotCompact),
            Invalid(Revoked),
            "revoked",
        ),
        (
            "a forgery, then not active",
            Invalid(BadSignature),
            Invalid(Revoked),
            "bad_signature",
        ),
        (
            "for another resource, then no jwt",
            Invalid(WrongAudience),
            Invalid(NotCompact),
            "wrong_audience",
        ),
    ] {
        let (first, second) = (Fixed::new("first", first), Fixed::new("second", second));
        for chain in [
            Arc::new(first.clone().or(second.clone())) as Arc<dyn TokenVerifier>,
            Arc::new(first_of([first, second])),
        ] {
            for token in [JWT, OPAQUE] {
                assert_eq!(verdict(&chain, token).await, expected, "{name}: {chain:?}");
            }
        }
    }
}

#[tokio::test]
async fn no_verifier_is_called_after_one_that_accepts() {
    let (first, second) = (
        Fixed::new("first", Verdict::Valid),
        Fixed::new("second", Verdict::Valid),
    );
    assert_eq!(
        verdict(&first.clone().or(second.clone()), JWT).await,
        "ok by first"
    );
    assert_eq!(
        verdict(&first_of([first, second.clone()]), JWT).await,
        "ok by first"
    );
    assert_eq!(second.calls(), 0);
}

#[tokio::test]
async fn an_empty_list_accepts_no_token() {
    assert_eq!(
        verdict(&first_of([Fixed::new("one", Verdict::Valid)]), JWT).await,
        "ok by one"
    );
    assert_eq!(verdict(&first_of::<Fixed>([]), JWT).await, "other");
}

#[tokio::test]
async fn chains_can_be_parts_of_chains() {
    let no = |reason| Fixed::new("no", Verdict::Invalid(reason));
    let dynamic: Vec<Arc<dyn TokenVerifier>> = vec![
        Arc::new(no(InvalidReason::NotCompact)),
        Arc::new(no(InvalidReason::WrongIssuer)),
    ];
    let issuers = first_of(dynamic).or(no(InvalidReason::Expired));
    let opaque: Box<dyn TokenVerifier> = Box::new(Fixed::new("opaque", Verdict::Valid));
    let chain: Arc<dyn TokenVerifier> = Arc::new(issuers.or_opaque(opaque));
    assert_eq!(verdict(&chain, JWT).await, "expired");
    assert_eq!(verdict(&chain, OPAQUE).await, "ok by opaque");
    let chain = chain.or(Fixed::new("last", Verdict::Valid));
    assert_eq!(verdict(&chain, JWT).await, "ok by last");
}

/// A policy that denies every request.
#[derive(Debug)]
struct DenyAll;

const DENY_ALL: DenyAll = DenyAll;

impl Policy for DenyAll {
    fn check(&self, _: &PolicyRequest<'_>) -> Result<(), Denied> {
        Err(Denied::Forbidden("the policy of the provider".into()))
    }
}

/// A provider that overrides every default.
#[derive(Debug)]
struct Provider {
    metadata: ProtectedResourceMetadata,
    scopes: Scopes,
}

#[async_trait]
impl TokenVerifier for Provider {
    async fn verify(&self, _: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        Err(InvalidReason::WrongIssuer.into())
    }
}

impl AuthProvider for Provider {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        &self.metadata
    }

    fn required_scopes(&self) -> &Scopes {
        &self.scopes
    }

    fn policy(&self) -> Option<&dyn Policy> {
        Some(&DENY_ALL)
    }

    fn documents(&self) -> Vec<Arc<dyn DocumentSource>> {
        vec![Arc::new(Document)]
    }

    fn revocations(&self) -> Option<Arc<dyn Revocations>> {
        Some(Arc::new(AllRevoked))
    }
}

/// Every token was revoked.
#[derive(Debug)]
struct AllRevoked;

impl Revocations for AllRevoked {
    fn check(&self, _: &VerifiedToken) -> Result<(), VerifyError> {
        Err(InvalidReason::Revoked.into())
    }
}

#[derive(Debug)]
struct Document;

#[async_trait]
impl DocumentSource for Document {
    fn path(&self) -> &str {
        "/the/document"
    }

    async fn read(&self) -> Result<PublicDocument, DocumentError> {
        Ok(PublicDocument::new("{}", Duration::ZERO))
    }
}

#[tokio::test]
async fn a_chain_keeps_what_its_provider_has_beside_the_verifier() {
    let provider = || Provider {
        metadata: ProtectedResourceMetadata::new(
            PublicUrl::parse("https://mcp.example.com/mcp").unwrap(),
            ["https://id.example"],
        ),
        scopes: Scopes::new(["read"]).unwrap(),
    };
    let other = || Fixed::new("other", Verdict::Valid);
    let chains: [Arc<dyn AuthProvider>; 2] = [
        Arc::new(provider().or(other())),
        Arc::new(provider().or_opaque(other())),
    ];
    for chain in chains {
        assert_eq!(verdict(&chain, OPAQUE).await, "ok by other");
        assert_eq!(
            chain.metadata().resource.as_str(),
            "https://mcp.example.com/mcp"
        );
        assert!(chain.required_scopes().contains("read"));
        let token = VerifiedToken::assertion("https://id.example", "usr_1", SystemTime::UNIX_EPOCH);
        let request = PolicyRequest::new(&token, SystemTime::UNIX_EPOCH);
        assert!(chain.policy().unwrap().check(&request).is_err());
        assert!(chain.revocations().unwrap().check(&token).is_err());
        let documents = chain.documents();
        let paths: Vec<_> = documents.iter().map(|document| document.path()).collect();
        assert_eq!(paths, ["/the/document"]);
        assert_eq!(documents[0].read().await.unwrap().json, "{}");
    }
}
