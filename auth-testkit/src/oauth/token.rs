//! The token endpoint (RFC 6749 section 3.2): authorization_code, refresh_token, client_credentials.

use std::time::SystemTime;

use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::client::Registered;
use super::error::OAuthError;
use super::params::Params;
use super::{RefreshToken, client_auth, refresh, resource, scope};
use crate::issuer::reply::{self, Reply};
use crate::issuer::{GrantId, State};
use crate::secret::Secret;
use crate::settings::{RefreshTokens, Settings, User};
use crate::token::{Grantee, Who, access_token, id_token, sign};

/// The two token endpoints differ in what they grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `{env}/resources/{res}/oauth/token`
    Resource,
    /// `{env}/oauth/token`: client_credentials only.
    Environment,
}

pub(crate) fn answer(
    settings: &Settings,
    state: &mut State,
    place: Place,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let outcome = Params::of_form(request).and_then(|params| {
        params.check_single()?;
        let client = client_auth::authenticate(state, request.headers(), &params)?;
        let endpoint = TokenEndpoint {
            settings,
            state,
            params: &params,
            now,
        };
        endpoint.grant(place, &client)
    });
    let reply = match outcome {
        Ok(body) => reply::json(StatusCode::OK, &body),
        Err(error) => error.into_reply(),
    };
    reply::no_store(reply)
}

/// One request at the token endpoint, its client authenticated.
struct TokenEndpoint<'a> {
    settings: &'a Settings,
    state: &'a mut State,
    params: &'a Params,
    now: SystemTime,
}

impl TokenEndpoint<'_> {
    fn grant(self, place: Place, client: &(String, Registered)) -> Result<Value, OAuthError> {
        match (self.params.need("grant_type")?, place) {
            ("client_credentials", _) => self.client_credentials(client),
            ("authorization_code", Place::Resource) => self.authorization_code(&client.0),
            ("refresh_token", Place::Resource) => self.refresh_token(&client.0),
            _ => Err(OAuthError::new(
                "unsupported_grant_type",
                "this endpoint does not know the grant type",
            )),
        }
    }

    /// RFC 6749 section 4.1.3.
    fn authorization_code(self, client_id: &str) -> Result<Value, OAuthError> {
        let secret = Secret::new(self.params.need("code")?);
        let code = self
            .state
            .codes
            .get(&secret)
            .filter(|code| code.client_id == client_id)
            .ok_or_else(|| OAuthError::invalid_grant("the code is not known for this client"))?
            .clone();
        if code.used {
            // RFC 6749 section 4.1.2: somebody else may have got the tokens.
            self.state.revoke(code.grant);
            return Err(OAuthError::invalid_grant(
                "the code was used before; what was issued from it is revoked",
            ));
        }
        if self.now >= code.expires {
            return Err(OAuthError::invalid_grant("the code has expired"));
        }
        code.check_binding(self.params)?;
        resource::within(self.settings, self.params, &code.resources)?;
        if let Some(code) = self.state.codes.get_mut(&secret) {
            code.used = true;
        }
        let next = self.may_refresh(&code.scopes).then(|| RefreshToken {
            grant: code.grant,
            client_id: code.client_id.clone(),
            resources: code.resources.clone(),
            scopes: code.scopes.clone(),
            user: code.user.clone(),
            session_id: code.session_id.clone(),
            expires: self.now + refresh::LIFETIME,
            used: false,
        });
        Ok(self.user_tokens(
            &code.client_id,
            &UserGrant {
                grant: code.grant,
                scopes: &code.scopes,
                user: &code.user,
                session_id: &code.session_id,
                nonce: code.nonce.as_deref(),
            },
            next,
        ))
    }

    /// RFC 6749 section 6, with rotation (RFC 9700 section 4.14.2).
    fn refresh_token(self, client_id: &str) -> Result<Value, OAuthError> {
        let secret = Secret::new(self.params.need("refresh_token")?);
        let token = self
            .state
            .refresh_tokens
            .get(&secret)
            .filter(|token| token.client_id == client_id)
            .ok_or_else(|| {
                OAuthError::invalid_grant("the refresh token is not known for this client")
            })?
            .clone();
        if token.used {
            return Err(OAuthError::invalid_grant(
                "the refresh token was exchanged before",
            ));
        }
        if self.state.is_revoked(token.grant) {
            return Err(OAuthError::invalid_grant("the refresh token is revoked"));
        }
        if self.now >= token.expires {
            return Err(OAuthError::invalid_grant("the refresh token has expired"));
        }
        let scopes = scope::narrow(&token.scopes, self.params.get("scope"))?;
        resource::within(self.settings, self.params, &token.resources)?;
        if let Some(token) = self.state.refresh_tokens.get_mut(&secret) {
            token.used = true;
        }
        let next = RefreshToken {
            expires: self.now + refresh::LIFETIME,
            ..token.clone()
        };
        Ok(self.user_tokens(
            client_id,
            &UserGrant {
                grant: token.grant,
                scopes: &scopes,
                user: &token.user,
                session_id: &token.session_id,
                nonce: None,
            },
            Some(next),
        ))
    }

    /// RFC 6749 section 4.4.
    fn client_credentials(self, (id, client): &(String, Registered)) -> Result<Value, OAuthError> {
        if client.secret.is_none() {
            return Err(OAuthError::new(
                "unauthorized_client",
                "a public client cannot use client_credentials",
            ));
        }
        resource::requested(self.settings, self.params)?;
        let scopes = scope::grant_machine(self.settings, client, self.params.get("scope"))?;
        let grantee = Grantee {
            client_id: id,
            scopes: &scopes,
            who: Who::Machine,
        };
        let claims = access_token(self.settings, &grantee, self.now);
        Ok(self.body(&sign(&claims, self.state.keys.signer()), &scopes))
    }

    fn may_refresh(&self, scopes: &[String]) -> bool {
        match self.settings.refresh_tokens {
            RefreshTokens::Never => false,
            RefreshTokens::Always => true,
            RefreshTokens::WhenAsked | RefreshTokens::Advertised => {
                scopes.iter().any(|scope| scope == "offline_access")
            }
        }
    }

    fn user_tokens(
        self,
        client_id: &str,
        granted: &UserGrant<'_>,
        refresh_token: Option<RefreshToken>,
    ) -> Value {
        let grantee = Grantee {
            client_id,
            scopes: granted.scopes,
            who: Who::User {
                user: granted.user,
                session_id: granted.session_id,
            },
        };
        let claims = access_token(self.settings, &grantee, self.now);
        let jti = claims.text("jti").unwrap_or_default().to_owned();
        let token = sign(&claims, self.state.keys.signer());
        let mut body = self.body(&token, granted.scopes);
        if granted.scopes.iter().any(|scope| scope == "openid") {
            let claims = id_token(
                self.settings,
                client_id,
                (granted.user, granted.session_id),
                granted.nonce,
                &token,
                self.now,
            );
            body["id_token"] = sign(&claims, self.state.keys.signer()).into();
        }
        self.state.issued.insert(jti, granted.grant);
        if let Some(refresh_token) = refresh_token {
            let secret = Secret::random();
            body["refresh_token"] = secret.reveal().into();
            self.state.refresh_tokens.insert(secret, refresh_token);
        }
        body
    }

    fn body(&self, access_token: &str, scopes: &[String]) -> Value {
        json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self.settings.access_token_lifetime.as_secs(),
            "scope": scopes.join(" "),
        })
    }
}

/// What a code or a refresh token stands for.
struct UserGrant<'a> {
    grant: GrantId,
    scopes: &'a [String],
    user: &'a User,
    session_id: &'a str,
    nonce: Option<&'a str>,
}
