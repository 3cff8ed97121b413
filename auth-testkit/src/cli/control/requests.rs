//! The bodies of requests to the API. Unknown members are errors, so that a misspelt one is not ignored.

use std::collections::BTreeMap;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::named_variant::{NamedVariant, VariantKind};
use crate::cli::settings::by_name;
use crate::fault::{FaultKind, FaultParameter, ParameterError};
use crate::settings::Approval;
use crate::values::timestamp::YEAR_9999;
use crate::{ApiKeyDraft, Client, Defect, Endpoint, Fault, MockScalekit, TokenBuilder, User};

/// A token to be minted. The defaults are those of live Scalekit.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::cli) struct TokenRequest {
    subject: Option<String>,
    client_id: Option<String>,
    organization: Option<String>,
    roles: Option<Vec<String>>,
    permissions: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    machine: bool,
    /// Seconds.
    lifetime: Option<u64>,
    claims: Map<String, Value>,
    without_claims: Vec<String>,
    header: Map<String, Value>,
    without_header: Vec<String>,
    #[serde(deserialize_with = "by_name")]
    defects: Vec<Defect>,
}

impl TokenRequest {
    pub(super) fn build(self, scalekit: &MockScalekit) -> TokenBuilder {
        let user = self.subject.as_ref();
        let user = user.and_then(|sub| scalekit.known_user(sub));
        // What follows may contradict the directory, on purpose.
        let organization = user
            .as_ref()
            .and_then(|user| user.signs_in_to(self.organization.as_deref()));
        let mut token = match (&user, organization) {
            (Some(user), Some(organization)) => scalekit.token_of(&user.sub, organization),
            _ => scalekit.token(),
        };
        if let Some(subject) = self.subject {
            token = token.subject(subject);
        }
        if let Some(id) = self.client_id {
            token = token.client_id(id);
        }
        if let Some(id) = self.organization {
            token = token.organization(id);
        }
        if let Some(roles) = self.roles {
            token = token.roles(roles);
        }
        if let Some(permissions) = self.permissions {
            token = token.permissions(permissions);
        }
        if let Some(scopes) = self.scopes {
            token = token.scopes(scopes);
        }
        if self.machine {
            token = token.machine();
        }
        if let Some(seconds) = self.lifetime {
            token = token.lifetime(Duration::from_secs(seconds));
        }
        for (name, value) in self.claims {
            token = token.claim(&name, value);
        }
        for name in &self.without_claims {
            token = token.without_claim(name);
        }
        for (name, value) in self.header {
            token = token.header(&name, value);
        }
        for name in &self.without_header {
            token = token.without_header(name);
        }
        let defects = self.defects.into_iter();
        defects.fold(token, TokenBuilder::with)
    }
}

/// A fault to be set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultRequest {
    #[serde(deserialize_with = "endpoint")]
    pub(super) endpoint: Endpoint,
    #[serde(deserialize_with = "fault")]
    pub(super) fault: Fault,
    /// None: every request.
    pub(super) times: Option<usize>,
}

fn fault<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Fault, D::Error> {
    let kinds: Vec<VariantKind> = Fault::KINDS.iter().map(VariantKind::from).collect();
    let variant = NamedVariant::read("fault", &kinds, deserializer)?;
    let fault = chosen_fault(&variant).and_then(|fault| fault.check().map(|()| fault));
    fault.map_err(|problem| serde::de::Error::custom(format!("fault: {problem}")))
}

impl From<&FaultKind> for VariantKind {
    fn from(fault: &FaultKind) -> Self {
        Self {
            name: fault.name,
            example: fault.parameter.as_ref().map(|parameter| parameter.example),
        }
    }
}

/// # Errors
///
/// What to write, when the value cannot be the parameter of the fault.
fn chosen_fault(variant: &NamedVariant) -> Result<Fault, String> {
    let mut kinds = Fault::KINDS.iter();
    let kind = kinds.find(|kind| kind.name == variant.kind.name);
    let read = kind.ok_or("no such fault")?.read;
    read(variant.value.clone()).map_err(|error| problem(variant, error))
}

fn problem(variant: &NamedVariant, error: ParameterError) -> String {
    match error {
        ParameterError::OtherType => variant.other_type(),
        ParameterError::OutOfRange(expected) => expected,
    }
}

/// Requests to be held.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GateRequest {
    #[serde(deserialize_with = "endpoint")]
    pub(super) endpoint: Endpoint,
}

/// A move of the clock: forward by a time, or to Unix seconds.
#[derive(Debug)]
pub(super) enum ClockMove {
    Advance(Duration),
    Set(u64),
}

/// How moves are written; times in seconds.
const MOVES: [VariantKind; 2] = [
    VariantKind::with("advance", "3600"),
    VariantKind::with("set", "2000000000"),
];

impl<'de> Deserialize<'de> for ClockMove {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let variant = NamedVariant::read("clock", &MOVES, deserializer)?;
        let chosen = match variant.kind.name {
            "set" => variant.value().map(|moment| (Self::Set(moment), moment)),
            _ => Duration::read(variant.value.clone())
                .map(|by| (Self::Advance(by), by.as_secs()))
                .map_err(|error| problem(&variant, error)),
        };
        // No clock shows more.
        let chosen = chosen.and_then(|(chosen, seconds)| match seconds <= YEAR_9999 {
            true => Ok(chosen),
            false => Err(format!("expected {YEAR_9999} at the most, got {seconds}")),
        });
        chosen.map_err(|problem| serde::de::Error::custom(format!("clock: {problem}")))
    }
}

/// The next key.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NextKey {
    pub(super) algorithm: Option<Algorithm>,
}

/// The key set to be served.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServedKeySet {
    /// One of the catalogue; none: the published keys.
    pub(super) unusual: Option<String>,
}

/// How the next authorization request ends.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ApprovalRequest {
    user: Option<String>,
    organization: Option<String>,
    scopes: Option<Vec<String>>,
    /// An error such as `access_denied`.
    denied: Option<String>,
}

impl ApprovalRequest {
    pub(super) fn approval(self, scalekit: &MockScalekit) -> Approval {
        if let Some(error) = self.denied {
            return Approval::denied(error);
        }
        let known = self
            .user
            .as_deref()
            .and_then(|name| scalekit.known_user(name));
        let approval = match (known, self.user) {
            (Some(user), _) => Approval::by(user),
            (None, Some(sub)) => Approval::by(match &self.organization {
                Some(organization) => User::new(sub).organization(organization),
                None => User::new(sub),
            }),
            (None, None) => Approval::default_user(),
        };
        let approval = match self.organization {
            Some(organization) => approval.in_organization(organization),
            None => approval,
        };
        match self.scopes {
            Some(scopes) => approval.granting(scopes),
            None => approval,
        }
    }
}

/// A client to be registered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientRequest {
    client_id: Option<String>,
    client_secret: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    scopes: Option<Vec<String>>,
    /// In the management API.
    permissions: Option<Vec<String>>,
}

impl ClientRequest {
    pub(super) fn client(self) -> Client {
        let mut client = Client::bare(self.client_secret);
        if let Some(id) = self.client_id {
            client = client.id(id);
        }
        for uri in self.redirect_uris {
            client = client.redirect_uri(uri);
        }
        if let Some(permissions) = self.permissions {
            client = client.permissions(permissions);
        }
        match self.scopes {
            Some(scopes) => client.scopes(scopes),
            None => client,
        }
    }
}

/// An API key to be created.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApiKeyRequest {
    organization: String,
    user: Option<String>,
    #[serde(default)]
    custom_claims: BTreeMap<String, String>,
    /// Seconds; none: it does not expire.
    lifetime: Option<u64>,
    description: Option<String>,
}

impl ApiKeyRequest {
    pub(super) fn draft(self) -> ApiKeyDraft {
        let draft = ApiKeyDraft {
            user: self.user,
            custom_claims: self.custom_claims,
            description: self.description,
            ..ApiKeyDraft::new(self.organization)
        };
        match self.lifetime {
            Some(seconds) => draft.expires_in(Duration::from_secs(seconds)),
            None => draft,
        }
    }
}

/// A client metadata document, and the URL that it is published at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientMetadata {
    pub(super) url: String,
    pub(super) document: Value,
}

/// A consent to be deleted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consent {
    pub(super) user: String,
    pub(super) client_id: String,
}

fn endpoint<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Endpoint, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse().map_err(serde::de::Error::custom)
}
