//! Failures of each call that stay: their kinds, what they report, and how often the call was made.

use std::time::Duration;

use auth_scalekit::management::ManagementErrorKind::{
    BadRequest, NotFound, RateLimited, Refused, Unavailable, Unreadable,
};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::calls;
use crate::further::Further;
use crate::harness::{assert_reveals_nothing, error, ok};

/// An error with all that the API can report about it.
fn detailed(status: u16, number: u8, code: &str) -> ResponseTemplate {
    let detail = json!({
        "@type": "type.googleapis.com/scalekit.v1.errdetails.ErrorInfo",
        "error_code": code,
        "debug_info": { "stack_entries": ["marker"], "detail": "marker" },
        "resource_info": {
            "resource_name": "marker",
            "user": "marker",
            "required_permissions": ["a:read", "marker@example.com"],
        },
        "request_info": { "request_id": "req_1-a", "serving_data": "marker" },
        "validation_error_info": {
            "field_violations": [{ "field": "page_size", "description": "marker", "constraint": "lte" }],
        },
    });
    let body = json!({ "code": number, "message": "marker", "details": [detail] });
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn each_failure_has_its_kind_and_number_of_attempts() {
    let page = |status| ResponseTemplate::new(status).set_body_raw("<html>marker", "text/html");
    let limit = || error(429, 8, "RATE_LIMITED");
    let hour = limit().insert_header("retry-after", "3600");
    let redirect = ResponseTemplate::new(302).insert_header("location", "/elsewhere");
    let api = Further::start().await;
    for row in calls::all() {
        for (answer, kind, reads, changes) in [
            (error(400, 3, "INVALID_ARGUMENT"), BadRequest, 1, 1),
            (error(403, 7, "PERMISSION_DENIED"), Refused, 1, 1),
            (error(404, 5, "NOT_FOUND"), NotFound, 1, 1),
            (page(404), Unavailable, 1, 1),
            (error(409, 6, "ALREADY_EXISTS"), BadRequest, 1, 1),
            (limit(), RateLimited, 4, 4),
            (hour.clone(), RateLimited, 1, 1),
            (redirect.clone(), Unavailable, 1, 1),
            (error(500, 13, "INTERNAL"), Unavailable, 4, 1),
            (error(501, 12, "UNIMPLEMENTED"), Unavailable, 1, 1),
            (page(503), Unavailable, 4, 1),
            (error(504, 4, "DEADLINE_EXCEEDED"), Unavailable, 4, 1),
        ] {
            api.reset().await;
            api.always(&row, answer.clone()).await;
            let error = row.call(&api.management).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert_eq!(error.call(), row.name);
            assert_reveals_nothing(&format!("{error} {error:?}"));
            let attempts = if row.is_change() { changes } else { reads };
            assert_eq!(api.count(&row).await, attempts, "{error}");
            let sleeps = api.clock.sleeps();
            let bounds = [500..=1000, 1000..=2000, 2000..=4000];
            assert_eq!(sleeps.len() + 1, attempts, "{error}");
            for (sleep, bound) in sleeps.iter().zip(bounds) {
                assert!(bound.contains(sleep), "{error}: {sleeps:?}");
            }
            let hour = (attempts == 1 && kind == RateLimited).then_some(Duration::from_secs(3600));
            assert_eq!(error.retry_after(), hour, "{error}");
        }
    }
}

#[tokio::test]
async fn an_error_names_the_permission_the_field_and_the_request() {
    let api = Further::start().await;
    for row in calls::all() {
        api.reset().await;
        api.once(&row, detailed(403, 7, "PERMISSION_DENIED")).await;
        let error = row.call(&api.management).await.unwrap_err();
        assert_eq!(error.kind(), Refused);
        assert_eq!(error.status(), Some(403));
        assert_eq!(
            error.error_code().map(ToString::to_string).as_deref(),
            Some("PERMISSION_DENIED")
        );
        assert_eq!(error.grpc_code(), Some(7));
        assert_eq!(error.request_id(), Some("req_1-a"));
        assert_eq!(error.required_permissions().collect::<Vec<_>>(), ["a:read"]);
        assert_eq!(error.invalid_fields().collect::<Vec<_>>(), ["page_size"]);
        let text = error.to_string();
        let expected = "status 403 (PERMISSION_DENIED), request req_1-a: fields page_size: needs the permissions a:read:";
        assert!(
            text.starts_with(&format!("{}: {expected}", row.name)),
            "{text}"
        );
        assert_reveals_nothing(&format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn what_is_not_as_documented_is_unreadable() {
    let json = |body: &str| ResponseTemplate::new(200).set_body_raw(body, "application/json");
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let api = Further::start().await;
    for row in calls::all() {
        let mut large = row.answer.clone();
        large["new"] = json!("x".repeat(4 * 1024 * 1024));
        for (name, answer, is_readable) in [
            ("the control", ok(&row.answer), true),
            ("nothing", json(""), false),
            ("a list", json("[]"), false),
            ("half", json("{\"a\":"), false),
            ("a duplicate member", json(r#"{"a":1,"a":1}"#), false),
            ("deep", json(&deep), false),
            (
                "another type",
                ResponseTemplate::new(200).set_body_raw("{}", "text/html"),
                false,
            ),
            ("more than 4 MiB", ok(&large), false),
        ] {
            api.reset().await;
            api.always(&row, answer).await;
            let found = row.call(&api.management).await;
            // The answer to a change is not read.
            let is_found = is_readable || row.is_change();
            let name = format!("{name}: {}", row.name);
            assert_eq!(found.is_ok(), is_found, "{name}: {found:?}");
            if let Err(error) = found {
                assert_eq!(error.kind(), Unreadable, "{name}: {error}");
            }
            assert_eq!(api.count(&row).await, 1, "{name}");
        }
    }
}

#[tokio::test]
async fn an_answer_about_another_thing_is_unreadable() {
    let api = Further::start().await;
    for (name, wrapper, id) in [
        ("GET /api/v1/users/{id}", "user", "usr_2"),
        ("GET /api/v1/organizations/{id}", "organization", "org_2"),
        ("GET /api/v1/resources/{resource_id}", "resource", "res_2"),
    ] {
        let row = calls::named(name);
        let mut other = row.answer.clone();
        other[wrapper]["id"] = json!(id);
        for (answer, is_found) in [(&row.answer, true), (&other, false)] {
            api.reset().await;
            api.always(&row, ok(answer)).await;
            assert_eq!(row.call(&api.management).await.is_ok(), is_found, "{name}");
        }
    }
}

#[tokio::test]
async fn an_id_never_steers_a_request() {
    use auth_scalekit::management::{
        AuthenticationLogFilter, ConsentFilter, DirectoryGroupFilter, DirectoryUserFilter,
        EventFilter, IncludedPermissions, MembershipSettings,
    };
    let api = Further::start().await;
    let it = &api.management;
    for bad in ["", "x/y", "..", "usr_1/..", "org_1?x", "a\nb"] {
        let settings = MembershipSettings::new();
        let group = DirectoryUserFilter::new().group(bad);
        let errors = [
            it.user(bad).await.unwrap_err(),
            it.organization_users(bad).try_next().await.unwrap_err(),
            it.create_membership(bad, "usr_1", &settings)
                .await
                .unwrap_err(),
            it.update_membership("org_1", bad, &settings)
                .await
                .unwrap_err(),
            it.update_membership("org_1", "usr_1", &settings.clone().roles([bad]))
                .await
                .unwrap_err(),
            it.delete_membership("org_1", bad, true).await.unwrap_err(),
            it.user_roles("org_1", bad).await.unwrap_err(),
            it.user_permissions(bad, "usr_1").await.unwrap_err(),
            it.role(bad).await.unwrap_err(),
            it.role_permissions(bad).await.unwrap_err(),
            it.effective_role_permissions(bad).await.unwrap_err(),
            it.organization_roles(bad, IncludedPermissions::None)
                .await
                .unwrap_err(),
            it.organization_role("org_1", bad).await.unwrap_err(),
            it.organization(bad).await.unwrap_err(),
            it.resource(bad).await.unwrap_err(),
            it.resource_clients(bad).await.unwrap_err(),
            it.resource_client("res_1", bad).await.unwrap_err(),
            it.consents(&ConsentFilter::new(bad))
                .try_next()
                .await
                .unwrap_err(),
            it.delete_consent("m2m_1", bad).await.unwrap_err(),
            it.authentication_logs(&AuthenticationLogFilter::new().resource(bad))
                .try_next()
                .await
                .unwrap_err(),
            it.events(&EventFilter::new().organization(bad))
                .try_next()
                .await
                .unwrap_err(),
            it.directories(bad).await.unwrap_err(),
            it.directory_users("org_1", bad, &DirectoryUserFilter::new())
                .try_next()
                .await
                .unwrap_err(),
            it.directory_users("org_1", "dir_1", &group)
                .try_next()
                .await
                .unwrap_err(),
            it.directory_groups(bad, "dir_1", &DirectoryGroupFilter::new())
                .try_next()
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), BadRequest, "{error}");
        }
    }
    for bad in ["", ".", ".."] {
        assert!(it.user_by_external_id(bad).await.is_err());
        assert!(it.organization_by_external_id(bad).await.is_err());
    }
    let users = ConsentFilter::new("res_1").external_user_ids(["u"; 26]);
    assert!(it.consents(&users).try_next().await.is_err());
    assert!(api.server.received_requests().await.unwrap().is_empty());
}
