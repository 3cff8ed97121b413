//! Readiness: wrappers and chains forward the check, and several results are combined.
#![allow(clippy::unwrap_used, reason = "a failure here is the test's failure")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_core::layer::AuthLayer;
use auth_core::layer::Readiness;
use auth_core::provider::{AuthProvider, ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::revocation::Revocations;
use auth_core::support::async_trait;
use auth_core::token::VerifiedToken;
use auth_core::verifier::{
    InvalidReason, TokenVerifier, TokenVerifierExt, Unavailable, VerifyError, VerifyRequest,
    first_of,
};
use support::{RESOURCE, Scripted, provider};
use tokio::sync::Barrier;

/// A verifier that is ready or not, and the number of its readiness checks.
#[derive(Debug, Clone, Default)]
struct Checked {
    /// The seconds after which to check again; `None` if it is ready.
    retry_after: Option<u64>,
    times: Arc<AtomicUsize>,
    /// Completes only once as many checks run as the barrier waits for.
    together: Option<Arc<Barrier>>,
}

impl Checked {
    fn ready() -> Self {
        Self::default()
    }

    fn not_ready(retry_after: u64) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::default()
        }
    }

    fn times(&self) -> usize {
        self.times.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenVerifier for Checked {
    async fn verify(&self, _: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        Err(InvalidReason::Other.into())
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.times.fetch_add(1, Ordering::SeqCst);
        if let Some(together) = &self.together {
            together.wait().await;
        }
        match self.retry_after {
            None => Ok(()),
            Some(seconds) => Err(Unavailable::new(Duration::from_secs(seconds))
                .because(std::io::Error::other("connection refused"))),
        }
    }
}

fn at(resource: &str, verifier: impl TokenVerifier) -> ResourceServer<Arc<dyn TokenVerifier>> {
    let resource = PublicUrl::parse(resource).unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
    let verifier: Arc<dyn TokenVerifier> = Arc::new(verifier);
    ResourceServer::new(verifier, metadata)
}

/// The seconds after which to check again; `None` if it is ready.
async fn retry_after(verifier: &dyn TokenVerifier) -> Option<u64> {
    let unready = verifier.ready().await.err();
    unready.map(|unavailable| unavailable.retry_after().as_secs())
}

#[tokio::test]
async fn the_default_is_ready() {
    assert_eq!(retry_after(&Scripted).await, None);
    let layer = AuthLayer::new(provider()).unwrap();
    assert!(layer.ready().await.is_ok());
    assert!(Readiness::new().check().await.is_ok(), "without endpoints");
}

#[tokio::test]
async fn wrappers_forward_the_check() {
    for (checked, expected) in [(Checked::ready(), None), (Checked::not_ready(7), Some(7))] {
        let verifier = || checked.clone();
        let boxed: Box<dyn TokenVerifier> = Box::new(verifier());
        let shared: Arc<dyn TokenVerifier> = Arc::new(verifier());
        let provider: Box<dyn AuthProvider> = Box::new(at(RESOURCE, verifier()));
        let rows: Vec<(&str, Box<dyn TokenVerifier>)> = vec![
            ("itself", Box::new(verifier())),
            ("in a box", Box::new(boxed)),
            ("shared", Box::new(shared)),
            ("a provider", Box::new(at(RESOURCE, verifier()))),
            ("a provider in a box", Box::new(provider)),
            ("the first of two", Box::new(verifier().or(Scripted))),
            ("the second of two", Box::new(Scripted.or(verifier()))),
            ("of JWTs", Box::new(verifier().or_opaque(Scripted))),
            ("of opaque tokens", Box::new(Scripted.or_opaque(verifier()))),
            ("of a list", Box::new(first_of([verifier()]))),
        ];
        for (index, (name, verifier)) in rows.iter().enumerate() {
            assert_eq!(retry_after(&**verifier).await, expected, "{name}");
            assert_eq!(checked.times(), index + 1, "{name}: checked once");
        }
        let before = checked.times();
        let layer = AuthLayer::new(at(RESOURCE, verifier())).unwrap();
        assert_eq!(layer.ready().await.is_ok(), expected.is_none(), "the layer");
        assert_eq!(checked.times(), before + 1, "the layer");
    }
}

#[tokio::test]
async fn a_chain_is_ready_when_each_of_its_verifiers_is() {
    use Checked as A;
    for (name, first, second, expected) in [
        ("both", A::ready(), A::ready(), None),
        ("not the first", A::not_ready(3), A::ready(), Some(3)),
        ("not the second", A::ready(), A::not_ready(4), Some(4)),
        (
            "neither: the first is reported",
            A::not_ready(3),
            A::not_ready(4),
            Some(3),
        ),
    ] {
        let chains: [Box<dyn TokenVerifier>; 3] = [
            Box::new(first.clone().or(second.clone())),
            Box::new(first.clone().or_opaque(second.clone())),
            Box::new(first_of([first.clone(), second.clone()])),
        ];
        for chain in chains {
            assert_eq!(retry_after(&*chain).await, expected, "{name}");
        }
        assert_eq!((first.times(), second.times()), (3, 3), "{name}");
    }
    assert_eq!(
        retry_after(&first_of::<Checked>([])).await,
        None,
        "an empty list"
    );
}

/// Revocations that are lost, with the seconds after which to ask again; or not lost.
#[derive(Debug)]
struct Lost(Option<u64>);

impl Revocations for Lost {
    fn check(&self, _: &VerifiedToken) -> Result<(), VerifyError> {
        Ok(self.ready()?)
    }

    fn ready(&self) -> Result<(), Unavailable> {
        match self.0 {
            None => Ok(()),
            Some(seconds) => Err(Unavailable::revocations(Duration::from_secs(seconds))),
        }
    }
}

#[tokio::test]
async fn an_endpoint_is_ready_when_its_revocations_are_known() {
    for (lost, expected) in [(None, None), (Some(5), Some(5))] {
        let shared: Arc<dyn Revocations> = Arc::new(Lost(lost));
        let layer = AuthLayer::builder(provider()).revocations(shared);
        let readiness = Readiness::new().endpoint(&layer.build().unwrap());
        let unready = readiness.check().await.err();
        let seconds = unready.as_ref().map(|it| it.retry_after().as_secs());
        assert_eq!(seconds, expected);
        let text = "https://mcp.example.com/mcp is not ready: revocations by other replicas may not be known here";
        assert_eq!(
            unready.map(|it| it.to_string()),
            expected.map(|_| text.to_owned())
        );
    }
}

#[tokio::test]
async fn several_endpoints_are_checked_together_and_named() {
    let [ready, one, two] = [
        Checked::ready(),
        Checked::not_ready(3),
        Checked::not_ready(30),
    ];
    let layers = [
        AuthLayer::new(at("https://mcp.example.com/a", ready.clone())).unwrap(),
        AuthLayer::new(at("https://mcp.example.com/b", one.clone())).unwrap(),
    ];
    let good = Readiness::new().endpoint(&layers[0]);
    assert!(good.check().await.is_ok(), "the control");
    let all = Readiness::new()
        .endpoints(&layers)
        .verifier("internal tokens", two.clone());
    let unready = all.check().await.unwrap_err();
    assert_eq!(
        unready.to_string(),
        "https://mcp.example.com/b is not ready: the issuer or its keys cannot be reached: connection refused\n\
         internal tokens is not ready: the issuer or its keys cannot be reached: connection refused"
    );
    assert_eq!(format!("{unready:?}"), unready.to_string());
    assert_eq!(unready.retry_after(), Duration::from_secs(30));
    let waits: Vec<_> = unready
        .iter()
        .map(|(name, why)| (name, why.retry_after().as_secs()))
        .collect();
    assert_eq!(
        waits,
        [("https://mcp.example.com/b", 3), ("internal tokens", 30)]
    );
    assert_eq!((ready.times(), one.times(), two.times()), (2, 1, 1));
}

/// Each check completes only while the other one runs, so checking in sequence would never end.
#[tokio::test]
async fn verifiers_are_checked_concurrently() {
    let pair = || {
        let together = Some(Arc::new(Barrier::new(2)));
        let checked = Checked {
            together,
            ..Checked::ready()
        };
        (checked.clone(), checked)
    };
    let (one, two) = pair();
    assert_eq!(retry_after(&one.or(two)).await, None);
    let (one, two) = pair();
    assert_eq!(retry_after(&one.or_opaque(two)).await, None);
    let (one, two) = pair();
    assert_eq!(retry_after(&first_of([one, two])).await, None);
    let (one, two) = pair();
    let both = Readiness::new().verifier("one", one).verifier("two", two);
    assert!(both.check().await.is_ok());
}
