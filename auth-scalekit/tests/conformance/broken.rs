//! Providers that are broken on purpose: each breaks the rules that it should, and every rule is broken
//! by one of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use auth_core::provider::{AuthProvider, ProtectedResourceMetadata, PublicUrl};
use auth_core::support::async_trait;
use auth_core::token::{BearerToken, Scopes, VerifiedToken};
use auth_core::verifier::{
    InvalidReason, RequestHead, TokenVerifier, Unavailable, VerifyError, VerifyRequest,
};
use auth_scalekit::ScalekitProvider;
use auth_scalekit::jwt::JwtVerifier;
use auth_testkit::conformance::{Rule, Suite};
use auth_testkit::{Defect, MockScalekit};
use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{OF_KEYS_ALONE, URL};

pub(crate) type Verified = Result<VerifiedToken, VerifyError>;
type Asked = Pin<Box<dyn Future<Output = Verified> + Send>>;

/// A sound provider behind something that spoils it.
pub(crate) struct Broken<S = Sound> {
    sound: Arc<S>,
    verify: Box<dyn Fn(Arc<S>, String, SystemTime) -> Asked + Send + Sync>,
    pub(crate) metadata: ProtectedResourceMetadata,
}

/// What is spoilt, and what it takes to make another.
pub(crate) struct Sound {
    provider: ScalekitProvider,
    environment: String,
    resource: String,
    keys: String,
    clock: Arc<dyn auth_core::support::Clock>,
}

impl Sound {
    fn new(scalekit: &MockScalekit) -> Arc<Self> {
        let [environment, resource, keys] = [
            scalekit.environment_url(),
            scalekit.resource_id(),
            scalekit.keys_url(),
        ]
        .map(str::to_owned);
        let provider = provider(&environment, &resource, &scalekit.clock());
        Arc::new(Self {
            provider,
            environment,
            resource,
            keys,
            clock: scalekit.clock(),
        })
    }

    async fn verify(&self, token: &str, now: SystemTime) -> Verified {
        verify(&self.provider, token, now).await
    }

    /// One that takes its keys from elsewhere.
    fn with_keys(&self, url: &str) -> JwtVerifier {
        let (issuer, audience) = (self.environment.as_str(), self.resource.as_str());
        JwtVerifier::builder([issuer], [audience], url)
            .clock(Arc::clone(&self.clock))
            .build()
            .unwrap()
    }
}

fn provider(
    environment: &str,
    resource: &str,
    clock: &Arc<dyn auth_core::support::Clock>,
) -> ScalekitProvider {
    ScalekitProvider::builder(environment, resource, URL)
        .clock(Arc::clone(clock))
        .build()
        .unwrap()
}

pub(crate) async fn verify(
    verifier: &impl TokenVerifier,
    token: &str,
    now: SystemTime,
) -> Verified {
    let token = BearerToken::new(token).unwrap();
    verifier.verify(VerifyRequest::new(token, now)).await
}

impl<S> fmt::Debug for Broken<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Broken")
    }
}

#[async_trait]
impl<S: Send + Sync + 'static> TokenVerifier for Broken<S> {
    async fn verify(&self, request: VerifyRequest<'_>) -> Verified {
        let token = request.token().secret().to_owned();
        (self.verify)(Arc::clone(&self.sound), token, request.now()).await
    }
}

impl<S: Send + Sync + 'static> AuthProvider for Broken<S> {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        &self.metadata
    }
}

/// One that is spoilt by what it does with a token.
fn broken<F: Future<Output = Verified> + Send + 'static>(
    scalekit: &MockScalekit,
    verify: impl Fn(Arc<Sound>, String, SystemTime) -> F + Send + Sync + 'static,
) -> Broken {
    spoilt(scalekit, Sound::new(scalekit), verify)
}

/// The same of any sound provider.
pub(crate) fn spoilt<S, F: Future<Output = Verified> + Send + 'static>(
    scalekit: &MockScalekit,
    sound: Arc<S>,
    verify: impl Fn(Arc<S>, String, SystemTime) -> F + Send + Sync + 'static,
) -> Broken<S> {
    let resource = PublicUrl::parse(URL).unwrap();
    Broken {
        sound,
        verify: Box::new(move |sound, token, now| Box::pin(verify(sound, token, now))),
        metadata: ProtectedResourceMetadata::new(resource, [scalekit.issuer()]),
    }
}

/// Has no caller in another tenant.
#[derive(Debug)]
pub(crate) struct ByTenant<P>(pub(crate) P);

#[async_trait]
impl<P: AuthProvider> TokenVerifier for ByTenant<P> {
    async fn verify(&self, request: VerifyRequest<'_>) -> Verified {
        match request.head().header("x-tenant") {
            Some(_) => Err(InvalidReason::WrongAudience.into()),
            None => self.0.verify(request).await,
        }
    }

    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        let host = head.header("host").and_then(|host| host.to_str().ok());
        Some(host.unwrap_or_default().into())
    }
}

impl<P: AuthProvider> AuthProvider for ByTenant<P> {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        self.0.metadata()
    }
}

/// Holds, whatever happens.
#[derive(Debug)]
pub(crate) struct Always;

impl auth_core::token::Validity for Always {
    fn holds(&self) -> bool {
        true
    }
}

pub(crate) fn now_unavailable() -> VerifyError {
    VerifyError::Unavailable(Unavailable::new(Duration::from_secs(1)))
}

/// Good enough for who does not look closely.
pub(crate) fn anybody(now: SystemTime) -> VerifiedToken {
    VerifiedToken::assertion("", "", now + Duration::from_secs(60))
}

/// Holds a broken provider to some rules, all of which it must break, and to one that it keeps: what
/// spoils it is then what it seems.
async fn breaks<P: AuthProvider>(
    rules: &[Rule],
    provider: impl AsyncFn(&MockScalekit) -> P,
) -> BTreeSet<&'static str> {
    let suite = Suite::new().expect_accepted(Defect::WithoutKid);
    breaks_of(suite, rules, provider).await
}

/// The same in another suite.
pub(crate) async fn breaks_of<P: AuthProvider>(
    suite: Suite,
    rules: &[Rule],
    provider: impl AsyncFn(&MockScalekit) -> P,
) -> BTreeSet<&'static str> {
    let kept = match rules.contains(&Rule::IdentifiesTheCaller) {
        true => Rule::LeavesScopesToTheLayer,
        false => Rule::IdentifiesTheCaller,
    };
    let chosen = rules.iter().copied().chain([kept]);
    let report = suite.only(chosen).report(provider).await;
    let seen: BTreeSet<_> = report.broken().map(|(rule, _)| rule.name()).collect();
    let expected: BTreeSet<_> = rules.iter().map(|rule| rule.name()).collect();
    assert_eq!(seen, expected, "{report}");
    seen
}

/// A provider that accepts one kind of invalid token is caught, whichever it is.
#[tokio::test]
async fn a_provider_that_forgives_one_reason_is_caught() {
    let by_the_catalogue = [
        InvalidReason::NotCompact,
        InvalidReason::MalformedHeader,
        InvalidReason::WrongAlgorithm,
        InvalidReason::CriticalHeader,
        InvalidReason::WrongType,
        InvalidReason::UnknownKey,
        InvalidReason::BadSignature,
        InvalidReason::MalformedClaims,
        InvalidReason::DuplicateMember,
        InvalidReason::WrongIssuer,
        InvalidReason::WrongAudience,
        InvalidReason::MissingExpiry,
        InvalidReason::MalformedTime,
        InvalidReason::Expired,
        InvalidReason::NotYetValid,
        InvalidReason::IssuedInTheFuture,
        InvalidReason::MissingSubject,
        InvalidReason::UncheckedProof,
    ];
    for reason in by_the_catalogue {
        breaks(&[Rule::RefusesEveryDefect], async |scalekit| {
            forgives(scalekit, reason)
        })
        .await;
    }
}

fn forgives(scalekit: &MockScalekit, reason: InvalidReason) -> Broken {
    broken(scalekit, move |sound, token, now| async move {
        match sound.verify(&token, now).await {
            Err(VerifyError::Invalid(invalid)) if invalid.reason() == reason => Ok(anybody(now)),
            other => other,
        }
    })
}

#[tokio::test]
async fn every_rule_is_broken_by_a_provider_that_is_broken_in_that_way() {
    let mut seen = BTreeSet::new();
    let mut note = |rules: BTreeSet<&'static str>| seen.extend(rules);

    note(
        breaks(&[Rule::RefusesOtherIssuers], async |scalekit| {
            forgives(scalekit, InvalidReason::WrongIssuer)
        })
        .await,
    );

    // Panics at input that no real client sends.
    note(
        breaks(&[Rule::RefusesEveryDefect], async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                let verified = sound.verify(&token, now).await;
                match &verified {
                    Err(VerifyError::Invalid(invalid))
                        if invalid.reason() == InvalidReason::MalformedClaims =>
                    {
                        panic!("claims are an object")
                    }
                    _ => verified,
                }
            })
        })
        .await,
    );

    // Whatever is wrong is the server's fault.
    note(
        breaks(
            &[Rule::DistinguishesInvalidTokensFromOutages],
            async |scalekit| {
                broken(scalekit, |sound, token, now| async move {
                    sound
                        .verify(&token, now)
                        .await
                        .map_err(|_| now_unavailable())
                })
            },
        )
        .await,
    );

    // Whatever is wrong is the token's fault.
    note(
        breaks(&[Rule::IsUnavailableWithoutKeys], async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                sound
                    .verify(&token, now)
                    .await
                    .map_err(|_| InvalidReason::Other.into())
            })
        })
        .await,
    );

    // Accepts every token while it has no keys.
    let open = [Rule::IsUnavailableWithoutKeys, Rule::RejectsInvalidKeySets];
    note(
        breaks(&open, async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                match sound.verify(&token, now).await {
                    Err(VerifyError::Unavailable(_)) => Ok(anybody(now)),
                    other => other,
                }
            })
        })
        .await,
    );

    // Lets its tokens be reused, whatever becomes of them.
    for condition in [0, 1] {
        note(
            breaks(&[Rule::EndsReuse], async |scalekit| {
                broken(scalekit, move |sound, token, now| async move {
                    let verified = sound.verify(&token, now).await?;
                    let until = match condition {
                        // Past its expiry.
                        0 => now + Duration::from_secs(86_400),
                        // In its time, though its key may go.
                        _ => verified.expires_at(),
                    };
                    Ok(verified.reusable_until(until).while_holds(Arc::new(Always)))
                })
            })
            .await,
        );
    }

    // Says that its verdict depends on the host, and goes by the tenant too.
    note(
        breaks(&[Rule::DeclaresDependence], async |scalekit| {
            let sound = broken(scalekit, |sound, token, now| async move {
                sound.verify(&token, now).await
            });
            ByTenant(sound)
        })
        .await,
    );

    // Knows its callers by their tokens, for ever.
    let forever = [Rule::HonoursExpiry, Rule::DropsWithdrawnKeys];
    note(
        breaks(&forever, async |scalekit| {
            let known = Arc::new(Mutex::new(Vec::<(String, VerifiedToken)>::new()));
            broken(scalekit, move |sound, token, now| {
                let known = Arc::clone(&known);
                async move {
                    let found = known
                        .lock()
                        .unwrap()
                        .iter()
                        .find(|known| known.0 == token)
                        .cloned();
                    if let Some((_, token)) = found {
                        return Ok(token);
                    }
                    let verified = sound.verify(&token, now).await?;
                    known.lock().unwrap().push((token, verified.clone()));
                    Ok(verified)
                }
            })
        })
        .await,
    );

    // Remembers the last caller, and nothing else.
    note(
        breaks(&[Rule::KeepsCallersApart], async |scalekit| {
            let last = Arc::new(OnceLock::new());
            broken(scalekit, move |sound, token, now| {
                let last = Arc::clone(&last);
                async move {
                    let verified = sound.verify(&token, now).await?;
                    Ok(last.get_or_init(|| verified).clone())
                }
            })
        })
        .await,
    );

    // Tells no more than it must.
    note(
        breaks(&[Rule::IdentifiesTheCaller], async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                let verified = sound.verify(&token, now).await?;
                let (issuer, subject) = (verified.issuer(), verified.subject());
                Ok(VerifiedToken::assertion(
                    issuer,
                    subject,
                    verified.expires_at(),
                ))
            })
        })
        .await,
    );

    // Does the layer's work, wrongly.
    note(
        breaks(&[Rule::LeavesScopesToTheLayer], async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                let verified = sound.verify(&token, now).await?;
                match verified.scopes().iter().next() {
                    None => Err(InvalidReason::Other.into()),
                    Some(_) => Ok(verified),
                }
            })
        })
        .await,
    );

    // Logs the token for debugging.
    note(
        breaks(&[Rule::LeaksNoToken], async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                sound
                    .verify(&token, now)
                    .await
                    .map_err(|error| match error {
                        VerifyError::Invalid(invalid) => {
                            VerifyError::Invalid(invalid.because(std::io::Error::other(token)))
                        }
                        other => other,
                    })
            })
        })
        .await,
    );

    // Asks for what is none of its business.
    note(
        breaks(&[Rule::DescribesItsResource], async |scalekit| {
            let mut broken = broken(scalekit, |sound, token, now| async move {
                sound.verify(&token, now).await
            });
            broken.metadata.scopes_supported =
                Scopes::new(["notes:read", "offline_access"]).unwrap();
            broken
        })
        .await,
    );

    // Starts anew for each token.
    let anew = [
        Rule::FollowsRotation,
        Rule::FetchesOnceForMany,
        Rule::BoundsForcedFetches,
        Rule::UsesCachedKeysDuringOutage,
    ];
    note(
        breaks(&anew, async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                let fresh = provider(&sound.environment, &sound.resource, &sound.clock);
                verify(&fresh, &token, now).await
            })
        })
        .await,
    );

    // Fetches the keys for each token.
    note(
        breaks(&[Rule::FetchesNothingForGarbage], async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                let verified = sound.verify(&token, now).await;
                if verified.is_err() {
                    let _ = reqwest::get(&sound.keys).await;
                }
                verified
            })
        })
        .await,
    );

    // Has the keys of its first day.
    let frozen = [Rule::FollowsRotation, Rule::FollowsReplacedKeys];
    note(
        breaks(&frozen, async |scalekit| {
            let keys = reqwest::get(scalekit.keys_url()).await.unwrap();
            let keys: Value = keys.json().await.unwrap();
            let server = MockServer::start().await;
            let copy = ResponseTemplate::new(200).set_body_json(keys);
            Mock::given(any()).respond_with(copy).mount(&server).await;
            let verifier = OnceLock::new();
            let shared = Arc::new((server, verifier));
            broken(scalekit, move |sound, token, now| {
                let shared = Arc::clone(&shared);
                async move {
                    let url = format!("{}/keys", shared.0.uri());
                    let verifier = shared.1.get_or_init(|| sound.with_keys(&url));
                    verify(verifier, &token, now).await
                }
            })
        })
        .await,
    );

    // Goes wherever it is sent.
    note(
        breaks(&[Rule::FollowsNoRedirect], async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                let found = reqwest::get(&sound.keys)
                    .await
                    .map_err(|_| now_unavailable())?;
                verify(&sound.with_keys(found.url().as_str()), &token, now).await
            })
        })
        .await,
    );

    // Reads the key set as if it had written it.
    note(
        breaks(&[Rule::ToleratesUnusualKeySets], async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                let found = reqwest::get(&sound.keys)
                    .await
                    .map_err(|_| now_unavailable())?;
                let found: Value = found.json().await.map_err(|_| now_unavailable())?;
                let keys = found["keys"].as_array().ok_or_else(now_unavailable)?;
                if keys.iter().any(|key| !key["n"].is_string()) {
                    return Err(now_unavailable());
                }
                sound.verify(&token, now).await
            })
        })
        .await,
    );

    // Takes an outage to heart.
    note(
        breaks(&[Rule::RecoversAfterAnOutage], async |scalekit| {
            let lost = Arc::new(AtomicBool::new(false));
            broken(scalekit, move |sound, token, now| {
                let lost = Arc::clone(&lost);
                async move {
                    if lost.load(Ordering::SeqCst) {
                        return Err(now_unavailable());
                    }
                    let verified = sound.verify(&token, now).await;
                    if matches!(verified, Err(VerifyError::Unavailable(_))) {
                        lost.store(true, Ordering::SeqCst);
                    }
                    verified
                }
            })
        })
        .await,
    );

    // Serves one at a time, and waits for the one that has gone.
    note(
        breaks(&[Rule::SurvivesCancelledCallers], async |scalekit| {
            let busy = Arc::new(AtomicBool::new(false));
            broken(scalekit, move |sound, token, now| {
                let busy = Arc::clone(&busy);
                async move {
                    if busy.swap(true, Ordering::SeqCst) {
                        return Err(now_unavailable());
                    }
                    let verified = sound.verify(&token, now).await;
                    busy.store(false, Ordering::SeqCst);
                    verified
                }
            })
        })
        .await,
    );

    assert_all_but(&OF_KEYS_ALONE, &seen);
}

/// That all rules were broken but those that do not apply.
pub(crate) fn assert_all_but(not_applicable: &[&str], seen: &BTreeSet<&'static str>) {
    let all = Rule::all().iter().map(|rule| rule.name());
    let all: BTreeSet<_> = all.filter(|name| !not_applicable.contains(name)).collect();
    assert_eq!(*seen, all, "every rule is broken by one of them");
}

/// The text that people read when their provider falls short.
#[tokio::test]
#[should_panic(
    expected = "of 2 rules for providers:\n  leaves-scopes-to-the-layer: a token without scopes was refused as invalid"
)]
async fn the_message_names_the_rule_and_what_was_seen() {
    let rules = [Rule::LeavesScopesToTheLayer, Rule::HonoursExpiry];
    Suite::new()
        .only(rules)
        .run(async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                let verified = sound.verify(&token, now).await?;
                match verified.scopes().iter().next() {
                    None => Err(InvalidReason::Other.into()),
                    Some(_) => Ok(verified),
                }
            })
        })
        .await;
}

#[tokio::test]
#[should_panic(expected = "honours-expiry: is kept, so it needs no exception")]
async fn an_exception_that_is_not_needed_is_reported() {
    Suite::new()
        .only([Rule::HonoursExpiry])
        .expect_broken(Rule::HonoursExpiry)
        .run(async |scalekit| {
            broken(scalekit, |sound, token, now| async move {
                sound.verify(&token, now).await
            })
        })
        .await;
}
