//! Policies: may this verified caller make this request?
//!
//! A [`Policy`] allows a request or returns [`Denied`], which determines the response. [`policy_fn`] makes
//! one of a closure. A decision that needs a database or a policy engine is an [`Authorizer`].
//!
//! | file | job |
//! |---|---|
//! | `policy_trait` | [`Policy`] |
//! | `policy_request` | [`PolicyRequest`]: what a policy decides by |
//! | `denied` | [`Denied`]: why a policy denies a request |
//! | `policy_fn` | [`policy_fn`](policy_fn()): closures as policies |
//! | `combine` | [`all_of`], [`any_of`], [`not`] |
//! | `require_scopes` | [`RequireScopes`] |
//! | `require_role`, `require_permission` | [`RequireRole`], [`RequirePermission`] |
//! | `require_organization` | [`RequireOrganization`], [`organization_in`] |
//! | `require_claim` | [`RequireClaim`]: any claim, by JSON pointer |
//! | `caller_kind` | [`machine_only`], [`user_only`] |
//! | `authentication` | [`AuthenticationRequirement`]: a recent or strong login |
//! | `authentication_policy` | the requirement as a policy; [`Denied`] holds one, too |
//! | `live_session` | [`session_is_live`](session_is_live()): the session still exists at the issuer |
//! | `membership` | [`active_member`](active_member()), [`in_group`](in_group()): what the directory knows now |
//! | `argument` | [`argument`](argument()): the arguments of tools and prompts, by JSON pointer |
//! | `operations` | [`OperationPolicy`]: rules about tools, prompts, resources and methods |
//! | `cedar` | policies in the Cedar language, as an authorizer |
//! | `authorizer` | [`Authorizer`]: asynchronous decisions, also by arguments |
//! | `not_authorized` | [`NotAuthorized`]: why an authorizer does not allow a request |
//! | `decision_record` | what authorizers report for the audit event |
//! | `organizations` | [`Organizations`]: what the members of each organization may do |
//! | `rate_limit` | `RateLimit`: quotas (feature `rate-limit`) |
//! | `target` | whether an operation is about a primitive that configuration names |
//! | `dry_run` | [`DryRun`]: an authorizer that reports, and decides nothing |
//!
//! To add a policy, add a file here that implements [`Policy`], and export it below.

mod argument;
mod authentication;
mod authentication_policy;
mod authorizer;
mod caller_kind;
#[cfg(feature = "cedar")]
pub mod cedar;
mod combine;
mod decision_record;
mod denied;
mod dry_run;
mod live_session;
mod membership;
mod not_authorized;
mod operations;
mod organizations;
mod policy_fn;
mod policy_request;
mod policy_trait;
#[cfg(feature = "rate-limit")]
mod rate_limit;
mod require_claim;
mod require_organization;
mod require_permission;
mod require_role;
mod require_scopes;
mod target;

pub use argument::{Argument, ArgumentPolicy, InvalidArgument, argument, organization_is_argument};
pub use authentication::{AuthenticationRequirement, InvalidAcr};
pub use authorizer::{AuthorizationRequest, Authorizer};
pub use caller_kind::{CallerKind, machine_only, user_only};
pub(crate) use combine::join;
pub use combine::{AllOf, AnyOf, Not, all_of, any_of, not};
pub(crate) use decision_record::{DecisionRecord, Reported};
pub use denied::Denied;
pub use dry_run::DryRun;
pub use live_session::{SessionIsLive, session_is_live};
pub use membership::{ActiveMember, InGroup, active_member, in_group, in_group_named};
pub use not_authorized::NotAuthorized;
pub(crate) use operations::OperationSource;
#[cfg(feature = "rmcp")]
pub(crate) use operations::Requirement;
pub use operations::{Coverage, Inventory, OperationPolicy, OperationPolicyBuilder};
pub use organizations::{
    InvalidOrganizationRule, OrganizationRule, OrganizationRules, OrganizationTable,
    OrganizationTableBuilder, Organizations,
};
pub use policy_fn::{PolicyFn, policy_fn};
pub use policy_request::PolicyRequest;
pub use policy_trait::Policy;
#[cfg(feature = "rate-limit")]
pub use rate_limit::{Key, Quota, RateLimit, RateLimitBuilder};
pub use require_claim::{InvalidPointer, RequireClaim};
pub use require_organization::{RequireOrganization, organization_in};
pub use require_permission::RequirePermission;
pub use require_role::RequireRole;
pub use require_scopes::RequireScopes;
