//! [`TokenTypes`]: the accepted `typ` of tokens.

/// Which `typ` an access token may have. Media types ignore case and may leave `application/` out.
/// With either setting, other kinds of JWT (`dpop+jwt`, `logout+jwt`, `id_token+jwt`) are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TokenTypes {
    /// None, `JWT` or `at+jwt`: many issuers do not type access tokens.
    #[default]
    AtJwtOrUntyped,
    /// `at+jwt` alone, as [RFC 9068 section 4](https://www.rfc-editor.org/rfc/rfc9068#section-4)
    /// requires, so that an ID token of the same issuer is never accepted as an access token.
    AtJwt,
}

impl TokenTypes {
    /// Whether a token with this `typ` is accepted.
    pub(crate) fn accept(self, typ: Option<&str>) -> bool {
        let typ = typ.map(str::to_ascii_lowercase);
        match typ.as_deref() {
            Some("at+jwt" | "application/at+jwt") => true,
            None | Some("jwt" | "application/jwt") => self == Self::AtJwtOrUntyped,
            Some(_) => false,
        }
    }
}
