//! One decision in each language.

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, UNIX_EPOCH};

use auth_core::operation::Operation;
use auth_core::policy::cedar::Cedar;
use auth_core::policy::{AuthorizationRequest, Authorizer, PolicyRequest};
use auth_core::support::json::LazyObject;
use auth_core::token::VerifiedToken;
use cel::{Env, Program, Value};
use serde_json::json;

use crate::Measured;
use crate::rules::{ISSUER, Rule, arguments, rules, tools};

/// How many policies are evaluated in a round, about.
const EVALUATIONS: usize = 20_000;

fn times(policies: usize) -> u32 {
    u32::try_from(EVALUATIONS / policies.max(20)).unwrap()
}

fn name(language: &str, policies: usize, with_arguments: bool) -> String {
    let suffix = if with_arguments { "_arguments" } else { "" };
    format!("{language}_{policies}{suffix}")
}

pub(crate) fn cedar(policies: usize, with_arguments: bool) -> Measured<'static> {
    let (rules, middle) = rules(policies, with_arguments);
    let text: String = rules.into_iter().map(Rule::in_cedar).collect();
    let name = name("cedar", policies, with_arguments);
    with_cedar(name, &text, middle, times(policies))
}

/// Cedar with one policy, without and with arguments and claims.
pub(crate) fn cedar_conversion() -> Vec<Measured<'static>> {
    let (_, middle) = rules(1, false);
    let all = "permit(principal, action, resource)";
    [
        ("", ""),
        ("_claims", "context.claims.hasTag(\"/oid\")"),
        ("_arguments", "context.input.project == \"p_1\""),
    ]
    .map(|(suffix, condition)| {
        let (all, condition) = match condition {
            "" => (all.to_owned(), String::new()),
            // Not every action has arguments.
            _ => (
                "permit(principal, action in MCP::Action::\"tools/call\", resource)".to_owned(),
                format!(" when {{ {condition} }}"),
            ),
        };
        let name = format!("cedar_conversion{suffix}");
        with_cedar(name, &format!("{all}{condition};"), middle, times(1))
    })
    .into()
}

fn with_cedar(name: String, text: &str, middle: Rule, times: u32) -> Measured<'static> {
    let cedar = Cedar::builder().issuer(ISSUER).tools(tools());
    let cedar = cedar.policies(text).build().unwrap();
    let operation = Operation::tool(format!("tool_{}", middle.tool));
    let arguments = LazyObject::from(arguments());
    let decide = move |token: &VerifiedToken| {
        let now = UNIX_EPOCH + Duration::from_secs(1_767_312_000);
        let request = PolicyRequest::new(token, now)
            .with_operation(&operation)
            .with_arguments(Some(&arguments));
        let decided = pin!(cedar.authorize(AuthorizationRequest::new(request)));
        match decided.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.is_ok(),
            Poll::Pending => unreachable!("nothing is waited for"),
        }
    };
    assert!(decide(&middle.caller(true)), "{name}");
    // The policy that permits everything does so.
    assert_eq!(
        decide(&middle.caller(false)),
        !text.contains("in MCP::Role"),
        "{name}"
    );
    let token = middle.caller(true);
    Measured::new(name, times, move || {
        black_box(decide(black_box(&token)));
    })
}

pub(crate) fn cel(policies: usize, with_arguments: bool) -> Measured<'static> {
    let (rules, middle) = rules(policies, with_arguments);
    let env = Arc::new(Env::stdlib());
    let programs = rules
        .into_iter()
        .map(|rule| env.compile(&rule.in_cel()).unwrap());
    let programs: Vec<Program> = programs.collect();
    let name = name("cel", policies, with_arguments);
    let arguments = arguments();
    let action = format!("tool_{}", middle.tool);
    let decide = move |token: &VerifiedToken| {
        let mut context = cel::Context::with_env(Arc::clone(&env));
        let scopes: Vec<_> = token.scopes().iter().map(|scope| scope.as_str()).collect();
        let roles: Vec<_> = token.roles().collect();
        let principal = json!({
            "id": token.subject(),
            "client_id": token.client_id(),
            "organization": token.organization(),
            "roles": roles,
            "scopes": scopes,
        });
        context.add_variable("principal", principal).unwrap();
        context.add_variable("action", action.as_str()).unwrap();
        if with_arguments {
            context.add_variable("input", &arguments).unwrap();
        }
        let mut programs = programs.iter();
        programs.any(|program| program.execute(&context) == Ok(Value::Bool(true)))
    };
    assert!(decide(&middle.caller(true)), "{name}");
    assert!(!decide(&middle.caller(false)), "{name}");
    let token = middle.caller(true);
    Measured::new(name, times(policies), move || {
        black_box(decide(black_box(&token)));
    })
}
