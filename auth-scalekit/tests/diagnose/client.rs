//! A client and its redirect URI, known to the issuer and not.

use auth_scalekit::diagnose::{DiagnoseOptions, Diagnosis, RegisteredClient, Severity, diagnose};
use auth_testkit::{Client, Endpoint, Fault, MockScalekit};
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

use crate::harness::{Harness, bad, of, verdict};

use Severity::{Failure, Ok, Skipped, Warning};

const CALLBACK: &str = RegisteredClient::DEFAULT_REDIRECT_URI;
const ID: &str = "m2m_1000000007";

/// Registers the client that [`sound`] is.
fn register(scalekit: &MockScalekit) {
    scalekit.register_client(Client::public(CALLBACK).id(ID));
}

fn sound() -> RegisteredClient {
    RegisteredClient::new(ID)
}

async fn registered() -> Harness {
    let harness = Harness::start().await;
    register(&harness.scalekit);
    harness
}

async fn tried(harness: &Harness, client: RegisteredClient) -> Diagnosis {
    let options = DiagnoseOptions::default().client(client);
    diagnose(harness.settings(), options, |_| ()).await
}

/// The answer is played instead of the issuer's.
async fn answered(answer: ResponseTemplate) -> Diagnosis {
    let harness = registered().await;
    let place = format!(
        "/resources/{}/oauth/authorize",
        harness.scalekit.resource_id()
    );
    let answer = Mock::given(path(place)).respond_with(answer);
    answer.mount(harness.scalekit.server()).await;
    tried(&harness, sound()).await
}

fn html(status: u16, page: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(page.as_bytes(), "text/html; charset=utf-8")
}

fn redirect(location: &str) -> ResponseTemplate {
    ResponseTemplate::new(302).insert_header("location", location)
}

#[tokio::test]
async fn an_unknown_client_and_a_wrong_redirect_uri_are_distinguished() {
    let harness = registered().await;
    let control = tried(&harness, sound()).await;
    assert_eq!(verdict(&control, "client"), (Ok, None), "{control:#?}");
    assert_eq!(
        of(&control, "client").what,
        format!(
            "the client {ID:?} is known, with {CALLBACK:?}: the issuer approves at once, and the code is discarded"
        )
    );
    for (client, code, what, fix) in [
        (
            RegisteredClient::new("m2m_1000000008"),
            "invalid_client",
            "the issuer does not accept the client \"m2m_1000000008\" (status 400: \"invalid_client_metadata_url: the client",
            "give the id of a client of this MCP server in this environment: ",
        ),
        (
            RegisteredClient::new("skc_1000000007"),
            "invalid_client",
            "the issuer does not accept the client \"skc_1000000007\" (status 400: ",
            "give the id of an MCP client (m2m_...): skc_... is a client of the environment",
        ),
        (
            RegisteredClient::new("https://app.example/client.json"),
            "invalid_client",
            "the issuer does not accept the client \"https://app.example/client.json\" (status 400: ",
            "let that URL serve the client's metadata document",
        ),
        (
            sound().redirect_uri("http://localhost:8001/auth/callback"),
            "redirect-mismatch",
            "the issuer does not send users of the client \"m2m_1000000007\" back to \
             \"http://localhost:8001/auth/callback\" (status 400: \"invalid_request: redirect_uri is not registered",
            "enter \"http://localhost:8001/auth/callback\" for the client in the Scalekit dashboard (MCP Servers)",
        ),
        (
            sound().redirect_uri("http://127.0.0.1:8000/auth/callback"),
            "redirect-mismatch",
            "the issuer does not send users of the client",
            "enter \"http://127.0.0.1:8000/auth/callback\" for the client",
        ),
    ] {
        let diagnosis = tried(&harness, client).await;
        assert_eq!(verdict(&diagnosis, "client"), (Failure, Some(code)));
        assert_eq!(bad(&diagnosis), ["client"]);
        let finding = of(&diagnosis, "client");
        assert!(finding.what.starts_with(what), "{}", finding.what);
        let suggested = finding.fix.as_deref().unwrap();
        assert!(suggested.starts_with(fix), "{suggested}");
    }
}

#[tokio::test]
async fn the_request_is_that_of_a_client_and_nothing_follows_it() {
    let harness = registered().await;
    tried(&harness, RegisteredClient::new(&format!(" {ID}\n"))).await;
    let first = harness.scalekit.only_request(Endpoint::Authorize);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", ID),
        ("redirect_uri", CALLBACK),
        ("code_challenge_method", "S256"),
        ("resource", &harness.mcp_url),
        ("scope", "notes:read"),
    ] {
        assert_eq!(first.param(name), Some(value), "{name}");
    }
    tried(&harness, sound()).await;
    let second = &harness.scalekit.requests(Endpoint::Authorize)[1];
    for name in ["state", "code_challenge"] {
        let value = first.param(name).unwrap();
        assert_eq!(value.len(), 43, "{name} is as long as a SHA-256");
        assert_ne!(second.param(name), Some(value), "{name} is new each time");
    }
    for endpoint in [Endpoint::Token, Endpoint::Consent, Endpoint::Register] {
        assert!(harness.scalekit.requests(endpoint).is_empty(), "{endpoint}");
    }
}

#[tokio::test]
async fn a_client_whose_user_is_asked_is_known() {
    let harness = Harness::mock(|mock| mock.consent_page(true)).await;
    register(&harness.scalekit);
    let diagnosis = tried(&harness, sound()).await;
    let environment = harness.scalekit.environment_url();
    assert_eq!(
        (
            verdict(&diagnosis, "client"),
            &of(&diagnosis, "client").what
        ),
        (
            (Ok, None),
            &format!(
                "the client {ID:?} is known, with {CALLBACK:?}: its user is asked to log in at {environment:?}"
            )
        )
    );
    let other = sound().redirect_uri("http://localhost:8001/auth/callback");
    let diagnosis = tried(&harness, other).await;
    assert_eq!(
        verdict(&diagnosis, "client"),
        (Failure, Some("redirect-mismatch"))
    );
}

#[tokio::test]
async fn an_authorization_endpoint_that_is_down_is_no_fault_of_the_client() {
    let harness = registered().await;
    let control = tried(&harness, sound()).await;
    assert_eq!(verdict(&control, "client"), (Ok, None), "the control");
    for (fault, code, what) in [
        (
            Fault::Status(503),
            "refused",
            "the authorization endpoint shows the client \"m2m_1000000007\" no login (status 503",
        ),
        (
            Fault::Reset,
            "broken",
            "the authorization endpoint \"http://",
        ),
        (
            Fault::Close,
            "broken",
            "the authorization endpoint \"http://",
        ),
        (
            Fault::Garbage,
            "broken",
            "the authorization endpoint \"http://",
        ),
    ] {
        let name = format!("{fault:?}");
        let down = harness.scalekit.fail(Endpoint::Authorize, fault);
        let diagnosis = tried(&harness, sound()).await;
        drop(down);
        assert_eq!(
            verdict(&diagnosis, "client"),
            (Failure, Some(code)),
            "{name}"
        );
        let finding = of(&diagnosis, "client");
        assert!(finding.what.starts_with(what), "{}", finding.what);
        assert_eq!(bad(&diagnosis), ["client"], "{name}");
    }
}

/// Client and redirect URI are valid, and the client receives another error.
#[tokio::test]
async fn an_error_that_the_client_receives_is_explained() {
    let harness = registered().await;
    let control = tried(&harness, sound()).await;
    assert_eq!(verdict(&control, "client"), (Ok, None), "the control");
    for (error, code) in [
        ("access_denied", "access_denied"),
        ("unauthorized_client", "invalid_client"),
        ("invalid_scope", "invalid_scope"),
        ("invalid_target", "invalid_target"),
        ("server_error", "server_error"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("login_required", "refused"),
    ] {
        harness.scalekit.deny_next_approval(error);
        let diagnosis = tried(&harness, sound()).await;
        assert_eq!(verdict(&diagnosis, "client"), (Failure, Some(code)));
        assert_eq!(
            of(&diagnosis, "client").what,
            format!(
                "the client {ID:?} is known, with its redirect URI, but receives \"{error}: the test scripted this answer\""
            )
        );
    }
}

#[tokio::test]
async fn a_server_url_that_the_issuer_does_not_have_is_an_error_for_the_client() {
    let harness = registered().await;
    let settings = harness.settings().mcp_url("http://127.0.0.1:1/mcp");
    let diagnosis = diagnose(settings, DiagnoseOptions::default().client(sound()), |_| ()).await;
    assert_eq!(
        verdict(&diagnosis, "client"),
        (Failure, Some("invalid_target"))
    );
    assert_eq!(
        of(&diagnosis, "client").fix.as_deref(),
        Some(
            format!(
                "write the same into SCALEKIT_MCP_URL, which is http://127.0.0.1:1/mcp, and into the Server URL of {} \
                 in the Scalekit dashboard",
                harness.scalekit.resource_id()
            )
            .as_str()
        )
    );
}

/// What other issuers, and perhaps Scalekit tomorrow, answer.
#[tokio::test]
async fn answers_of_many_kinds_are_understood() {
    let text = |status, text: &str| ResponseTemplate::new(status).set_body_string(text);
    let json = |status, text: &str| {
        ResponseTemplate::new(status).set_body_raw(text.as_bytes(), "application/json")
    };
    let failure = |code| (Failure, Some(code));
    for (name, answer, expected) in [
        ("a page", html(200, "<form>redirect_uri</form>"), (Ok, None)),
        (
            "a separate login page",
            redirect("/login?request=1"),
            (Ok, None),
        ),
        (
            "a login elsewhere",
            redirect("https://id.example/login?redirect_uri=x"),
            (Ok, None),
        ),
        (
            "a login elsewhere, with a parameter named code",
            redirect("https://id.example/login?code=x"),
            (Ok, None),
        ),
        (
            "a login elsewhere, at the path of the redirect uri",
            redirect("http://127.0.0.1:8000/auth/callback?x=1"),
            (Ok, None),
        ),
        (
            "a page that may be an error",
            html(200, "<h1>Unknown client</h1>"),
            (Warning, Some("invalid_client")),
        ),
        (
            "an error page about the client",
            html(400, "<h1>Unknown client</h1>"),
            failure("invalid_client"),
        ),
        (
            "an error page about the redirect uri",
            html(403, "<h1>Invalid redirect URI</h1>"),
            failure("redirect-mismatch"),
        ),
        (
            "an error page that repeats the request",
            html(500, "sorry: /authorize?redirect_uri=http://localhost"),
            failure("refused"),
        ),
        (
            "the words of a library",
            text(
                400,
                "ErrorType=invalid_request Description=unable to retrieve client by id",
            ),
            failure("invalid_client"),
        ),
        (
            "json about the client",
            json(401, r#"{"error":"invalid_client"}"#),
            failure("invalid_client"),
        ),
        (
            "json about the redirect uri, with 200",
            json(
                200,
                r#"{"error":"invalid_request","error_description":"redirect_uri mismatch"}"#,
            ),
            failure("redirect-mismatch"),
        ),
        ("json of no error", json(200, "{}"), failure("refused")),
        (
            "a redirect to an error page",
            redirect("/error?error=invalid_client_metadata_url"),
            failure("invalid_client"),
        ),
        (
            "back with neither a code nor an error",
            redirect(CALLBACK),
            failure("bad-answer"),
        ),
        (
            "a code, at another name of the same place",
            redirect("http://127.0.0.1:8000/auth/callback?code=x"),
            failure("redirect-mismatch"),
        ),
        (
            "a redirect to another program",
            redirect("app.example:/callback?x=1"),
            failure("refused"),
        ),
        (
            "a redirect to nowhere",
            ResponseTemplate::new(302),
            failure("refused"),
        ),
    ] {
        let diagnosis = answered(answer).await;
        assert_eq!(
            verdict(&diagnosis, "client"),
            expected,
            "{name}: {diagnosis:#?}"
        );
    }
}

#[tokio::test]
async fn an_error_in_json_is_shown_without_its_syntax() {
    let json = r#"{"error":"invalid_client","error_description":"no such client"}"#;
    for (body, shown) in [
        (json, r#""invalid_client: no such client""#),
        (r#"{"error":"invalid_client"}"#, r#""invalid_client""#),
        ("invalid_client", r#""invalid_client""#),
    ] {
        let answer = ResponseTemplate::new(401).set_body_raw(body, "application/json");
        let diagnosis = answered(answer).await;
        let what = &of(&diagnosis, "client").what;
        assert!(what.contains(shown), "{body}: {what}");
    }
}

#[tokio::test]
async fn a_code_and_a_terminal_are_safe_and_no_redirect_is_followed() {
    let trap = Harness::start().await;
    let (code, nasty) = ("c0de-of-a-login", "\u{1b}]0;owned\u{7}\u{202e}");
    let encoded = "%1B%5D0;owned%07%E2%80%AE";
    let to_trap = format!("{}?code={code}", trap.scalekit.keys_url());
    for (name, answer) in [
        ("approved", redirect(&format!("{CALLBACK}?code={code}"))),
        (
            "an error beside it",
            redirect(&format!("{CALLBACK}?code={code}&error={encoded}")),
        ),
        ("another place", redirect(&to_trap)),
        (
            "a text beside it",
            ResponseTemplate::new(302)
                .set_body_string(format!("Redirecting to app.example:/x?code={code}")),
        ),
        (
            "a long name",
            redirect(&format!("https://{}/", "a.".repeat(4_000))),
        ),
        ("a text", ResponseTemplate::new(400).set_body_string(nasty)),
        (
            "an endless text",
            ResponseTemplate::new(400).set_body_string(nasty.repeat(100_000)),
        ),
        (
            "bytes",
            ResponseTemplate::new(400).set_body_bytes(vec![0xff; 64]),
        ),
    ] {
        let diagnosis = answered(answer).await;
        let finding = of(&diagnosis, "client");
        let shown = format!("{}{}", finding.what, finding.fix.as_deref().unwrap_or(""));
        assert!(!shown.contains(code), "{name}: a code is shown");
        assert!(shown.len() < 2000, "{name} is long");
        let obeyed = |c: char| c.is_control() || c == '\u{202e}';
        assert!(!shown.contains(obeyed), "{name}: {shown:?}");
    }
    trap.scalekit.assert_jwks_fetches(0);
}

#[tokio::test]
async fn an_endpoint_that_the_metadata_sets_elsewhere_is_not_asked() {
    let trap = registered().await;
    let harness = registered().await;
    let document = |endpoint: Option<&str>| {
        let mut document = serde_json::json!({ "issuer": harness.scalekit.issuer() });
        if let (Some(object), Some(endpoint)) = (document.as_object_mut(), endpoint) {
            object.insert("authorization_endpoint".into(), endpoint.into());
        }
        Fault::Body(document.to_string().into_bytes())
    };
    let own = format!("{}/oauth/authorize", harness.scalekit.issuer());
    let elsewhere = format!("{}/oauth/authorize", trap.scalekit.issuer());
    for (endpoint, expected) in [
        (Some(own.as_str()), (Ok, None)),
        (Some(elsewhere.as_str()), (Warning, Some("another-origin"))),
        (
            Some("file:///etc/passwd"),
            (Warning, Some("another-origin")),
        ),
        (None, (Failure, Some("no-endpoint"))),
    ] {
        let fault = harness
            .scalekit
            .fail(Endpoint::MetadataPathInserted, document(endpoint));
        let diagnosis = tried(&harness, sound()).await;
        drop(fault);
        assert_eq!(verdict(&diagnosis, "client"), expected, "{endpoint:?}");
    }
    assert!(trap.scalekit.requests(Endpoint::Authorize).is_empty());
}

#[tokio::test]
async fn what_cannot_be_tried_is_reported() {
    let harness = registered().await;
    let diagnosis = harness.diagnose().await;
    assert_eq!(verdict(&diagnosis, "client"), (Skipped, Some("not-given")));
    for redirect_uri in ["", "/auth/callback", "http://localhost:8000/#a"] {
        let diagnosis = tried(&harness, sound().redirect_uri(redirect_uri)).await;
        assert_eq!(
            verdict(&diagnosis, "client"),
            (Failure, Some("unusable-redirect-uri")),
            "{redirect_uri:?}"
        );
    }
    let outages = [
        Endpoint::MetadataPathInserted,
        Endpoint::MetadataPathAppended,
    ]
    .map(|endpoint| harness.scalekit.fail(endpoint, Fault::Status(404)));
    let diagnosis = tried(&harness, sound()).await;
    drop(outages);
    assert_eq!(verdict(&diagnosis, "client"), (Skipped, Some("depends")));
    assert!(harness.scalekit.requests(Endpoint::Authorize).is_empty());
}
