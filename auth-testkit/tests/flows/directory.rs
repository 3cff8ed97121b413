//! What tokens say of the users and machines of a directory, and how an organization is chosen.

use auth_testkit::settings::{Approval, Directory, DirectoryFormat};
use auth_testkit::{Client, MockScalekit, MockScalekitBuilder, User};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    Pairs, authorization, authorize, claims, code_for, exchange, http, post_form, public_client,
    redirected, refresh, tokens, value, with,
};

const FILE: &str = r#"
[roles]
admin = ["notes:read", "notes:write"]
member = ["notes:read"]
guest = ["notes:read", "notes:share"]

[[organizations]]
id = "org_1"
name = "Acme"
external_id = "acme"

[[organizations]]
id = "org_2"
name = "Bolt"

[[users]]
id = "usr_1"
email = "ada@example.com"
external_id = "ada"
organizations = [{ id = "org_1", roles = ["member", "guest"] }, { id = "org_2", roles = ["admin"] }]
custom_claims = { project = "apollo", level = 3 }

[[users]]
id = "usr_2"
email = "bob@example.com"
organizations = [{ id = "org_2" }]

[[clients]]
id = "m2m_7"
secret = "not a secret"
organization = "org_1"
scopes = ["notes:read"]
custom_claims = { tier = "gold" }

[[clients]]
id = "m2m_8"
secret = "not a secret"
"#;

fn builder() -> MockScalekitBuilder {
    let directory = Directory::parse(FILE, DirectoryFormat::Toml).unwrap();
    MockScalekit::builder().directory(directory)
}

/// The tokens that an authorization request leads to.
async fn bought(scalekit: &MockScalekit, client: &str, request: &Pairs) -> Value {
    let code = code_for(scalekit, request).await;
    tokens(scalekit, &exchange(client, &code)).await
}

fn access(tokens: &Value) -> Value {
    claims(tokens["access_token"].as_str().unwrap())
}

fn oid(tokens: &Value) -> Value {
    access(tokens)["oid"].clone()
}

#[tokio::test]
async fn the_first_user_signs_in_to_the_first_organization() {
    let scalekit = builder().start().await;
    let client = public_client(&scalekit);
    let bought = bought(&scalekit, &client, &authorization(&client)).await;
    let token = access(&bought);
    for (claim, expected) in [
        ("sub", json!("usr_1")),
        ("oid", json!("org_1")),
        ("xoid", json!("acme")),
        ("xuid", json!("ada")),
        ("roles", json!(["member", "guest"])),
        // Each once, though both roles give the first.
        ("permissions", json!(["notes:read", "notes:share"])),
        ("custom_claims", json!({ "project": "apollo", "level": 3 })),
    ] {
        assert_eq!(token[claim], expected, "{claim}");
    }
    let id_token = claims(bought["id_token"].as_str().unwrap());
    assert_eq!(id_token["oid"], "org_1");
    assert_eq!(id_token["email"], "ada@example.com");
}

#[tokio::test]
async fn what_the_directory_does_not_have_is_no_claim() {
    let scalekit = builder().start().await;
    let client = public_client(&scalekit);
    let request = with(authorization(&client), "login_hint", "bob@example.com");
    let token = access(&bought(&scalekit, &client, &request).await);
    assert_eq!(
        (&token["sub"], &token["oid"]),
        (&json!("usr_2"), &json!("org_2"))
    );
    for absent in ["xoid", "xuid", "roles", "permissions", "custom_claims"] {
        assert!(token.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn the_request_or_the_answer_chooses_the_organization() {
    let scalekit = builder().start().await;
    let client = public_client(&scalekit);
    let request = authorization(&client);
    let in_second = with(request.clone(), "organization_id", "org_2");
    let token = access(&bought(&scalekit, &client, &in_second).await);
    assert_eq!(token["oid"], "org_2");
    assert_eq!(token["roles"], json!(["admin"]));
    assert_eq!(token["permissions"], json!(["notes:read", "notes:write"]));
    assert_eq!(token["custom_claims"]["project"], "apollo", "of the user");
    assert!(token.get("xoid").is_none(), "the second has none");

    let answer = || Approval::default_user().in_organization("org_2");
    scalekit.script_next_approval(answer());
    let token = bought(&scalekit, &client, &request).await;
    assert_eq!(oid(&token), "org_2");
    // The user's answer is the last word.
    scalekit.script_next_approval(answer());
    let in_first = with(request.clone(), "organization_id", "org_1");
    let token = bought(&scalekit, &client, &in_first).await;
    assert_eq!(oid(&token), "org_2");
    let token = bought(&scalekit, &client, &request).await;
    assert_eq!(oid(&token), "org_1", "an answer is given once");
}

#[tokio::test]
async fn who_is_no_member_is_denied() {
    let scalekit = builder().start().await;
    let client = public_client(&scalekit);
    let bob = with(authorization(&client), "login_hint", "usr_2");
    let denied = async |request: &Pairs| {
        let answer = redirected(&authorize(&scalekit, request).await);
        assert_eq!(value(&answer, "error"), Some("access_denied"));
        let why = value(&answer, "error_description");
        assert_eq!(why, Some("the user is not in the organization"));
    };
    let control = with(bob.clone(), "organization_id", "org_2");
    assert_eq!(oid(&bought(&scalekit, &client, &control).await), "org_2");
    denied(&with(bob.clone(), "organization_id", "org_1")).await;

    scalekit.script_next_approval(Approval::default_user().in_organization("org_2"));
    assert_eq!(oid(&bought(&scalekit, &client, &bob).await), "org_2");
    scalekit.script_next_approval(Approval::default_user().in_organization("org_1"));
    denied(&bob).await;
}

#[tokio::test]
async fn the_organization_stays_in_all_that_follows() {
    let scalekit = builder().start().await;
    scalekit.register_client(Client::confidential("m2m_42", "secret"));
    let client = public_client(&scalekit);
    let scope = "openid email offline_access notes:read";
    let request = with(authorization(&client), "scope", scope);
    let request = with(request, "organization_id", "org_2");
    let first = bought(&scalekit, &client, &request).await;
    let old = first["refresh_token"].as_str().unwrap();
    let second = tokens(&scalekit, &refresh(&client, old)).await;
    let token = access(&second);
    assert_eq!(token["oid"], "org_2");
    assert_eq!(token["roles"], json!(["admin"]));

    let secret = second["access_token"].as_str().unwrap();
    let about: Pairs = vec![
        ("client_id", "m2m_42".into()),
        ("client_secret", "secret".into()),
        ("token", secret.into()),
    ];
    let environment = scalekit.environment_url();
    let introspected = post_form(&format!("{environment}/oauth/introspect"), &about).await;
    let introspected: Value = introspected.json().await.unwrap();
    assert_eq!(introspected["oid"], "org_2");
    assert_eq!(introspected["permissions"], token["permissions"]);
    assert_eq!(introspected["custom_claims"], token["custom_claims"]);
    let userinfo = http().get(format!("{environment}/userinfo"));
    let userinfo = userinfo.bearer_auth(secret).send().await.unwrap();
    let userinfo: Value = userinfo.json().await.unwrap();
    assert_eq!(
        (&userinfo["oid"], &userinfo["email"]),
        (&json!("org_2"), &json!("ada@example.com"))
    );
}

#[tokio::test]
async fn the_permissions_in_the_organization_limit_the_scopes() {
    let scalekit = builder().scopes_within_permissions(true).start().await;
    let client = public_client(&scalekit);
    let request = with(authorization(&client), "scope", "notes:read notes:write");
    for (organization, granted) in [("org_1", "notes:read"), ("org_2", "notes:read notes:write")] {
        let request = with(request.clone(), "organization_id", organization);
        let token = access(&bought(&scalekit, &client, &request).await);
        assert_eq!(token["scope"], granted, "{organization}");
    }
}

#[tokio::test]
async fn a_machine_gets_tokens_in_its_organization() {
    let scalekit = builder().start().await;
    let token = async |id: &str| {
        let request: Pairs = vec![
            ("grant_type", "client_credentials".into()),
            ("client_id", id.into()),
            ("client_secret", "not a secret".into()),
        ];
        access(&tokens(&scalekit, &request).await)
    };
    let in_acme = token("m2m_7").await;
    for (claim, expected) in [
        ("sub", json!("m2m_7")),
        ("oid", json!("org_1")),
        ("xoid", json!("acme")),
        ("scopes", json!(["notes:read"])),
        ("custom_claims", json!({ "tier": "gold" })),
    ] {
        assert_eq!(in_acme[claim], expected, "{claim}");
    }
    let nowhere = token("m2m_8").await;
    assert_eq!(nowhere["scopes"], json!(["notes:read", "notes:write"]));
    for absent in ["oid", "xoid", "custom_claims", "roles"] {
        assert!(nowhere.get(absent).is_none(), "{absent}");
    }
    // The same, written in Rust.
    let client = Client::confidential("m2m_9", "not a secret")
        .organization("org_2")
        .custom_claim("tier", "silver");
    scalekit.register_client(client);
    let in_rust = token("m2m_9").await;
    assert_eq!(in_rust["oid"], "org_2");
    assert_eq!(in_rust["custom_claims"], json!({ "tier": "silver" }));
}

#[tokio::test]
async fn users_in_rust_are_entries_of_the_directory() {
    let carol = User::new("usr_3")
        .email("carol@example.com")
        .external_id("carol")
        .organization("org_1")
        .also_in_as("org_2", ["admin"])
        .roles(["guest"])
        .permissions(["notes:purge"])
        .custom_claim("project", "zephyr");
    let bob = User::new("usr_2")
        .email("bob@example.org")
        .organization("org_1");
    let scalekit = builder().user(carol).also_user(bob).start().await;
    let client = public_client(&scalekit);
    let request = authorization(&client);
    let token = access(&bought(&scalekit, &client, &request).await);
    for (claim, expected) in [
        ("sub", json!("usr_3")),
        ("xoid", json!("acme")),
        ("xuid", json!("carol")),
        ("roles", json!(["guest"])),
        (
            "permissions",
            json!(["notes:read", "notes:share", "notes:purge"]),
        ),
        ("custom_claims", json!({ "project": "zephyr" })),
    ] {
        assert_eq!(token[claim], expected, "{claim}");
    }
    let in_second = with(request.clone(), "organization_id", "org_2");
    let token = access(&bought(&scalekit, &client, &in_second).await);
    assert_eq!(token["roles"], json!(["admin"]));
    // Ada of the file is still there, and bob was replaced.
    for (hint, sub, organization) in [
        ("ada@example.com", "usr_1", "org_1"),
        ("bob@example.org", "usr_2", "org_1"),
        ("bob@example.com", "usr_3", "org_1"),
    ] {
        let hinted = with(request.clone(), "login_hint", hint);
        let token = access(&bought(&scalekit, &client, &hinted).await);
        assert_eq!(
            (&token["sub"], &token["oid"]),
            (&json!(sub), &json!(organization)),
            "{hint}"
        );
    }
}

#[tokio::test]
async fn who_signs_in_stands_for_the_user_of_the_same_sub() {
    let scalekit = builder().start().await;
    let client = public_client(&scalekit);
    let request = authorization(&client);
    let hinted = |hint: &str| with(request.clone(), "login_hint", hint);
    let control = bought(&scalekit, &client, &hinted("usr_1")).await;
    assert_eq!(oid(&control), "org_1");
    let ada = User::new("usr_1")
        .email("ada@example.org")
        .organization("org_2");
    scalekit.sign_in(ada);
    for hint in ["usr_1", "ada@example.org"] {
        assert_eq!(
            oid(&bought(&scalekit, &client, &hinted(hint)).await),
            "org_2"
        );
    }
    let bob = access(&bought(&scalekit, &client, &hinted("usr_2")).await);
    assert_eq!(bob["sub"], "usr_2", "the others stay");
    scalekit.sign_in(User::new("usr_9"));
    let back = access(&bought(&scalekit, &client, &hinted("ada@example.com")).await);
    assert_eq!(
        (&back["sub"], &back["oid"]),
        (&json!("usr_1"), &json!("org_1"))
    );
}

#[tokio::test]
async fn tokens_are_minted_of_any_user_in_any_of_the_users_organizations() {
    let scalekit = builder().start().await;
    let token = claims(&scalekit.token_of("ada@example.com", "org_2").sign());
    assert_eq!(
        (&token["sub"], &token["oid"], &token["roles"]),
        (&json!("usr_1"), &json!("org_2"), &json!(["admin"]))
    );
    assert_eq!(claims(&scalekit.token().sign())["oid"], "org_1");
    let machine = claims(&scalekit.token().machine().sign());
    for of_a_user in ["oid", "xoid", "xuid", "custom_claims"] {
        assert!(machine.get(of_a_user).is_none(), "{of_a_user}");
    }
}

#[tokio::test]
#[should_panic(expected = "usr_2 is not a member of \"org_1\"")]
async fn no_token_is_minted_for_who_is_no_member() {
    let scalekit = builder().start().await;
    drop(scalekit.token_of("usr_2", "org_2"));
    drop(scalekit.token_of("usr_2", "org_1"));
}

fn with_page() -> MockScalekitBuilder {
    builder().consent_page(true)
}

/// The page that an authorization request leads to, and its ticket.
async fn page(scalekit: &MockScalekit, request: &Pairs) -> (String, String) {
    let response = authorize(scalekit, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    let page = response.text().await.unwrap();
    let (_, rest) = page.split_once("name=\"ticket\" value=\"").unwrap();
    let ticket = rest.split_once('"').unwrap().0.to_owned();
    (page, ticket)
}

fn approval(ticket: &str, user: &str) -> Pairs {
    vec![
        ("ticket", ticket.into()),
        ("user", user.into()),
        ("scope", "notes:read".into()),
        ("decision", "approve".into()),
    ]
}

async fn answer(scalekit: &MockScalekit, answer: &Pairs) -> reqwest::Response {
    post_form(&format!("{}/oauth/consent", scalekit.issuer()), answer).await
}

/// The claims of the token that an answer on the page leads to.
async fn answered(scalekit: &MockScalekit, client: &str, pairs: &Pairs) -> Value {
    let response = answer(scalekit, pairs).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()["location"].to_str().unwrap();
    let location = url::Url::parse(location).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code");
    let code = code.expect("a code").1.into_owned();
    access(&tokens(scalekit, &exchange(client, &code)).await)
}

#[tokio::test]
async fn the_page_lets_a_user_of_several_organizations_choose_one() {
    let scalekit = with_page().start().await;
    let client = public_client(&scalekit);
    let request = authorization(&client);
    let (html, ticket) = page(&scalekit, &request).await;
    for shown in [
        "name=\"organization:usr_1\" value=\"org_1\" checked",
        "<bdi>Acme</bdi> (org_1)",
        "name=\"organization:usr_1\" value=\"org_2\">",
        "bob@example.com (usr_2) in <bdi>Bolt</bdi>",
    ] {
        assert!(html.contains(shown), "{shown} is not in {html}");
    }
    assert!(!html.contains("organization:usr_2"), "bob has no choice");
    let chosen = with(approval(&ticket, "usr_1"), "organization:usr_1", "org_2");
    let token = answered(&scalekit, &client, &chosen).await;
    assert_eq!(
        (&token["oid"], &token["roles"]),
        (&json!("org_2"), &json!(["admin"]))
    );
    let recorded = scalekit.only_request(auth_testkit::Endpoint::Consent);
    assert_eq!(recorded.param("organization:usr_1"), Some("org_2"));

    let (_, ticket) = page(&scalekit, &request).await;
    let unchanged = approval(&ticket, "usr_1");
    assert_eq!(
        answered(&scalekit, &client, &unchanged).await["oid"],
        "org_1"
    );
    // The form sends what is chosen for the others, too.
    let (_, ticket) = page(&scalekit, &request).await;
    let as_bob = with(approval(&ticket, "usr_2"), "organization:usr_1", "org_1");
    assert_eq!(answered(&scalekit, &client, &as_bob).await["oid"], "org_2");
}

#[tokio::test]
async fn the_page_offers_only_the_organization_that_the_request_names() {
    let scalekit = with_page().start().await;
    let client = public_client(&scalekit);
    let request = with(authorization(&client), "organization_id", "org_1");
    let (html, ticket) = page(&scalekit, &request).await;
    assert!(html.contains("ada@example.com (usr_1) in <bdi>Acme</bdi>"));
    assert!(!html.contains("org_2"), "{html}");
    assert!(!html.contains("bob@example.com"), "bob is not in it");
    let token = answered(&scalekit, &client, &approval(&ticket, "usr_1")).await;
    assert_eq!(token["oid"], "org_1");

    let nobody = with(request, "organization_id", "org_9");
    let back = redirected(&authorize(&scalekit, &nobody).await);
    assert_eq!(value(&back, "error"), Some("access_denied"));
}

#[tokio::test]
async fn an_organization_that_the_page_does_not_offer_is_refused_and_uses_nothing_up() {
    let scalekit = with_page().start().await;
    let client = public_client(&scalekit);
    let request = authorization(&client);
    let named = with(request.clone(), "organization_id", "org_1");
    for (request, user, field, organization) in [
        (&request, "usr_2", "organization:usr_2", "org_1"),
        (&request, "usr_1", "organization:usr_1", "org_9"),
        (&named, "usr_1", "organization:usr_1", "org_2"),
    ] {
        let (_, ticket) = page(&scalekit, request).await;
        let control = approval(&ticket, user);
        let refused = answer(&scalekit, &with(control.clone(), field, organization)).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        assert_eq!(
            refused.text().await.unwrap(),
            "organization is not one of those that the user can choose"
        );
        answered(&scalekit, &client, &control).await;
    }
}

/// The blocks of a page in this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    let blocks = page.split(&start).skip(1);
    blocks
        .map(|rest| rest.split_once("```").unwrap().0)
        .collect()
}

#[tokio::test]
async fn the_examples_of_the_documentation_are_directories() {
    let page = include_str!("../../docs/directory.md");
    let (toml, json) = (blocks(page, "toml"), blocks(page, "json"));
    assert_eq!((toml.len(), json.len()), (1, 1));
    let directory = Directory::parse(json[0], DirectoryFormat::Json).unwrap();
    let scalekit = MockScalekit::builder().directory(directory).start().await;
    let token = claims(&scalekit.token().sign());
    assert_eq!(token["permissions"], json!(["notes:read", "notes:write"]));

    let directory = Directory::parse(toml[0], DirectoryFormat::Toml).unwrap();
    let scalekit = MockScalekit::builder().directory(directory).start().await;
    let client = public_client(&scalekit);
    let request = authorization(&client);
    let in_second = with(request.clone(), "organization_id", "org_2");
    let first = access(&bought(&scalekit, &client, &request).await);
    let second = access(&bought(&scalekit, &client, &in_second).await);
    assert_eq!(
        (&first["xoid"], &first["xuid"]),
        (&json!("acme"), &json!("ada"))
    );
    assert_eq!(second["permissions"], json!(["notes:read"]));

    // The error that the page shows.
    let shown = blocks(page, "text")[0].trim();
    let wrong = toml[0].replace("roles = [\"member\"]", "roles = [\"membr\"]");
    let error = Directory::parse(&wrong, DirectoryFormat::Toml).unwrap_err();
    let error = error.to_string();
    let of_a_file = error.replacen("directory", "directory directory.toml", 1);
    assert_eq!(of_a_file, shown);
}
