//! A login at the suite's issuer, for what it issues beside access tokens.

use auth_core::support::json::{self, Rules};
use reqwest::redirect::Policy;
use serde_json::Value;
use url::Url;

use crate::Client;
use crate::probe::outcome::{CheckResult, untestable};
use crate::probe::target::Target;

const CALLBACK: &str = "http://127.0.0.1:1/callback";

/// The pair of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An ID token and a refresh token.
pub(super) async fn tokens(target: &Target<'_>) -> CheckResult<(String, String)> {
    match log_in(target).await {
        Ok(tokens) => Ok(tokens),
        Err(error) => untestable(format!("no login at the suite's issuer: {error}")),
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn log_in(target: &Target<'_>) -> Result<(String, String), Failure> {
    let issuer = target.issuer;
    let client = issuer.register_client(Client::public(CALLBACK));
    let http = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()?;
    let query = [
        ("response_type", "code"),
        ("client_id", &client),
        ("scope", "openid offline_access"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let url = Url::parse_with_params(&format!("{}/oauth/authorize", issuer.issuer()), query)?;
    let answer = http.get(url).send().await?;
    let location = answer.headers().get("location").ok_or("no redirect")?;
    let location = Url::parse(location.to_str()?)?;
    let code = location.query_pairs().find(|(name, _)| name == "code");
    let (_, code) = code.ok_or("no code")?;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", &client)
        .append_pair("code", &code)
        .append_pair("code_verifier", VERIFIER)
        .finish();
    let request = http
        .post(issuer.token_endpoint())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let body: Value = json::value(&request.send().await?.bytes().await?, Rules::STRICT)?;
    let member = |name: &str| body[name].as_str().map(str::to_owned);
    member("id_token")
        .zip(member("refresh_token"))
        .ok_or_else(|| "no tokens".into())
}
