//! Webhooks of Scalekit: what has changed there takes effect here before tokens expire.
//!
//! | step | file | what happens |
//! |---|---|---|
//! | 1 | `service`, `reply` | [`WebhookService`]: one request, from its headers to its response |
//! | 2 | `signature`, `secrets` | it is a webhook of Scalekit, and a current one |
//! | 3 | `body` | its body is read, up to a length, and a bound for all unsigned bodies |
//! | 4 | [`event`] | the body is a [`WebhookEvent`] |
//! | 5 | `processor`, `builder`, `deadline`, `process_error` | [`EventProcessor`]: each event is processed once |
//! | 6 | `rules` | [`RevocationRules`]: what revokes what, as one table |
//! | 7 | `effects`, `lookup` | the revocations of one event |
//! | 8 | `handler` | what the application does with events |
//!
//! `catch_up` reads the events whose webhooks did not arrive ([`CatchUp`]), `management` connects it and the lookup
//! of users to the [management API](crate::management), `counts` is for health checks.
//!
//! # What revokes what
//!
//! Tokens that were issued before the event are refused, also if they are verified by a cache; a login or refresh
//! after it is accepted. The tokens of a session are refused whenever they were issued. Each row can be switched off
//! by the name of its cause ([`RevocationRules::without`]).
//!
//! | event | tokens that are revoked | cause |
//! |---|---|---|
//! | `user.logout` | of the session; if it is not named, of the user | `session_ended` |
//! | `user.organization_membership_deleted` | of the user in the organization | `member_removed` |
//! | `user.organization_membership_updated` | of the user in the organization | `member_updated` |
//! | `organization.directory.user_deleted` | of the user in the organization, found by e-mail address | `directory_user_deleted` |
//! | `organization.directory.user_updated`, not `active` | the same | `directory_user_deactivated` |
//! | `organization.directory.user_updated`, `active` | the same | `directory_user_updated` |
//! | `organization.directory_disabled` | of the organization | `directory_disabled` |
//! | `organization.sso_disabled` | of the organization | `connection_disabled` |
//! | `organization.sso_deleted` | of the organization | `connection_deleted` |
//! | `organization.deleted` | of the organization | `organization_deleted` |
//! | `role.updated`, `role.deleted` | with the role, in all organizations | `role_updated`, `role_deleted` |
//! | `permission.updated`, `permission.deleted` | with the permission, in all organizations | `permission_updated`, `permission_deleted` |
//!
//! Events about users of a directory name no user of Scalekit. A [`UserLookup`], such as
//! [`Management`](crate::management::Management), finds the user by e-mail address within the
//! organization. Where there is none, or it finds no user, a user who was deleted or deactivated costs the whole
//! organization its earlier tokens ([`WithoutLookup`]), and a user who was only changed has no effect.
//!
//! Scalekit sends no event when a consent, a client or an API key is deleted. Whether it sends `user.logout` when a
//! session is revoked by API or expires, and `user.organization_membership_deleted` when a user is deleted, is not
//! documented. For those, revoke by code as well.
//!
//! # Example
//!
//! ```
//! use auth_scalekit::ScalekitProvider;
//! use auth_scalekit::webhooks::{EventProcessor, WebhookSecrets, WebhookService};
//!
//! # fn demo(provider: &ScalekitProvider) -> Result<axum::Router, auth_core::error::ConfigErrors> {
//! # let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
//! // The store that the layer of this provider checks.
//! let processor = EventProcessor::of(provider)
//!     .on_event(|event| async move {
//!         println!("{} at {:?}", event.event_type(), event.occurred_at());
//!         Ok(())
//!     })
//!     .build()?;
//! // In production: WebhookSecrets::from_env(), which reads SCALEKIT_WEBHOOK_SECRET.
//! let webhooks = WebhookService::builder(WebhookSecrets::new(secret)?, processor).build()?;
//! let router = axum::Router::new().route_service("/webhooks/scalekit", webhooks);
//! # Ok(router) }
//! ```
//!
//! Outside of the layer, since webhooks carry a signature and no access token. [`EventProcessor::builder`] is for a
//! process that receives webhooks and has no provider.
//!
//! # Replicas
//!
//! A webhook arrives at one of them. The store of revocations and [`EventProcessorBuilder::processed`] must both be
//! shared by all replicas, or both be in the memory of one process.

mod body;
mod builder;
mod catch_up;
mod counts;
mod deadline;
mod effects;
pub mod event;
mod handler;
mod lookup;
mod management;
mod process_error;
mod processor;
mod reply;
mod rules;
mod secrets;
mod service;
mod signature;

pub use builder::EventProcessorBuilder;
pub use catch_up::{
    CatchUp, CatchUpBuilder, CatchUpError, CatchUpReport, CatchUpState, EventPage, EventQuery,
    EventSource,
};
pub use counts::WebhookCounts;
pub use event::{EventData, EventError, EventType, WebhookEvent};
pub use handler::{HandlerError, WebhookHandler};
pub use lookup::{UserLookup, WithoutLookup};
pub use process_error::ProcessError;
pub use processor::{EventProcessor, Processed};
pub use rules::{RevocationCause, RevocationRules, UnknownCause};
pub use secrets::WebhookSecrets;
pub use service::{WebhookService, WebhookServiceBuilder};
pub use signature::SignatureError;
