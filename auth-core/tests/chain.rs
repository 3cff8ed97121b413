//! Chains of verifiers: who is asked about which token, and whose refusal is told.
#![allow(clippy::unwrap_used, reason = "a failure here is the test's failure")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use auth_core::policy::{Denied, Policy, PolicyRequest};
use auth_core::provider::{
    AuthProvider, DocumentError, DocumentSource, ProtectedResourceMetadata, PublicDocument,
    PublicUrl,
};
use auth_core::support::async_trait;
use auth_core::token::{BearerToken, Scopes, VerifiedToken};
use auth_core::verifier::{
    InvalidReason, TokenVerifier, TokenVerifierExt, Unavailable, VerifyError, VerifyRequest,
    first_of,
};

/// A verifier that always says the same, and counts how often it was asked.
#[derive(Debug, Clone)]
struct Says {
    name: &'static str,
    what: What,
    asked: Arc<AtomicUsize>,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Yes,
    No(InvalidReason),
    Later(u64),
}

impl Says {
    fn new(name: &'static str, what: What) -> Self {
        Self {
            name,
            what,
            asked: Arc::default(),
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenVerifier for Says {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.what {
            What::Yes => Ok(VerifiedToken::assertion(
                "https://id.example",
                self.name,
                request.now(),
            )),
            What::No(reason) => Err(reason.into()),
            What::Later(seconds) => Err(Unavailable::new(Duration::from_secs(seconds)).into()),
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
async fn by_shape_one_verifier_is_asked_and_its_word_holds() {
    use InvalidReason::{Expired, Revoked};
    use What::{Later, No, Yes};
    for (name, jwts, opaque, token, expected) in [
        ("a good jwt", Yes, Yes, JWT, "ok by jwts"),
        ("a good opaque token", Yes, Yes, OPAQUE, "ok by opaque"),
        (
            "a bad jwt is shown to nobody else",
            No(Expired),
            Yes,
            JWT,
            "expired",
        ),
        ("a bad opaque token", Yes, No(Revoked), OPAQUE, "revoked"),
        ("no keys, a jwt", Later(7), Yes, JWT, "unavailable 7"),
        (
            "no keys, an opaque token",
            Later(7),
            Yes,
            OPAQUE,
            "ok by opaque",
        ),
        ("no endpoint, a jwt", Yes, Later(7), JWT, "ok by jwts"),
        (
            "no endpoint, a bad jwt",
            No(Expired),
            Later(7),
            JWT,
            "expired",
        ),
        (
            "no endpoint, an opaque token",
            Yes,
            Later(7),
            OPAQUE,
            "unavailable 7",
        ),
    ] {
        let (jwts, opaque) = (Says::new("jwts", jwts), Says::new("opaque", opaque));
        let chain = jwts.clone().or_opaque(opaque.clone());
        assert_eq!(verdict(&chain, token).await, expected, "{name}");
        let asked = if token == JWT { (1, 0) } else { (0, 1) };
        assert_eq!((jwts.asked(), opaque.asked()), asked, "{name}");
    }
}

#[tokio::test]
async fn in_turn_the_best_answer_wins_not_the_last() {
    use InvalidReason::{BadSignature, Expired, NotCompact, Revoked, WrongAudience, WrongIssuer};
    use What::{Later, No, Yes};
    for (name, first, second, expected) in [
        ("both would accept", Yes, Yes, "ok by first"),
        ("the first refuses", No(BadSignature), Yes, "ok by second"),
        ("the first cannot tell", Later(7), Yes, "ok by second"),
        (
            "the second cannot tell",
            No(Expired),
            Later(7),
            "unavailable 7",
        ),
        (
            "the first cannot, the second refuses",
            Later(7),
            No(Expired),
            "unavailable 7",
        ),
        ("neither can tell", Later(7), Later(3), "unavailable 3"),
        (
            "another issuer's, then expired",
            No(WrongIssuer),
            No(Expired),
            "expired",
        ),
        (
            "expired, then another issuer's",
            No(Expired),
            No(WrongIssuer),
            "expired",
        ),
        (
            "no jwt, then not active",
            No(NotCompact),
            No(Revoked),
            "revoked",
        ),
        (
            "a forgery, then not active",
            No(BadSignature),
            No(Revoked),
            "bad_signature",
        ),
        (
            "for another resource, then no jwt",
            No(WrongAudience),
            No(NotCompact),
            "wrong_audience",
        ),
    ] {
        let (first, second) = (Says::new("first", first), Says::new("second", second));
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
async fn nobody_is_asked_after_one_who_accepts() {
    let (first, second) = (
        Says::new("first", What::Yes),
        Says::new("second", What::Yes),
    );
    assert_eq!(
        verdict(&first.clone().or(second.clone()), JWT).await,
        "ok by first"
    );
    assert_eq!(
        verdict(&first_of([first, second.clone()]), JWT).await,
        "ok by first"
    );
    assert_eq!(second.asked(), 0);
}

#[tokio::test]
async fn no_verifiers_accept_nothing() {
    assert_eq!(
        verdict(&first_of([Says::new("one", What::Yes)]), JWT).await,
        "ok by one"
    );
    assert_eq!(verdict(&first_of::<Says>([]), JWT).await, "other");
}

#[tokio::test]
async fn chains_are_verifiers_that_can_be_joined_again() {
    let no = |reason| Says::new("no", What::No(reason));
    let dynamic: Vec<Arc<dyn TokenVerifier>> = vec![
        Arc::new(no(InvalidReason::NotCompact)),
        Arc::new(no(InvalidReason::WrongIssuer)),
    ];
    let issuers = first_of(dynamic).or(no(InvalidReason::Expired));
    let opaque: Box<dyn TokenVerifier> = Box::new(Says::new("opaque", What::Yes));
    let chain: Arc<dyn TokenVerifier> = Arc::new(issuers.or_opaque(opaque));
    assert_eq!(verdict(&chain, JWT).await, "expired");
    assert_eq!(verdict(&chain, OPAQUE).await, "ok by opaque");
    let chain = chain.or(Says::new("last", What::Yes));
    assert_eq!(verdict(&chain, JWT).await, "ok by last");
}

/// A policy that lets nobody through.
#[derive(Debug)]
struct Nobody;

const NOBODY: Nobody = Nobody;

impl Policy for Nobody {
    fn check(&self, _: &PolicyRequest<'_>) -> Result<(), Denied> {
        Err(Denied::Claims("the provider's own".into()))
    }
}

/// A provider of which nothing is a default.
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
        Some(&NOBODY)
    }

    fn documents(&self) -> Vec<Arc<dyn DocumentSource>> {
        vec![Arc::new(Document)]
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
async fn a_provider_with_another_verifier_stays_that_provider() {
    let provider = || Provider {
        metadata: ProtectedResourceMetadata::new(
            PublicUrl::parse("https://mcp.example.com/mcp").unwrap(),
            ["https://id.example"],
        ),
        scopes: Scopes::new(["read"]).unwrap(),
    };
    let other = || Says::new("other", What::Yes);
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
        let documents = chain.documents();
        let paths: Vec<_> = documents.iter().map(|document| document.path()).collect();
        assert_eq!(paths, ["/the/document"]);
        assert_eq!(documents[0].read().await.unwrap().json, "{}");
    }
}
