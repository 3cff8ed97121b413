//! `id.mac`: a session id and the HMAC-SHA-256 over it and its holder.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::key::SessionKey;
use crate::token::VerifiedToken;

/// Keeps these seals apart from whatever else may be sealed with the same key.
const PURPOSE: &str = "mcp-session-id v2";

/// How long the MAC is as text: 32 bytes in base64url.
const MAC_TEXT: usize = 43;

/// Whom a session belongs to.
pub(super) struct Holder<'a>([&'a str; 4]);

impl<'a> Holder<'a> {
    /// Issuer, subject, client and organization, each of which may be empty only where there is
    /// none.
    pub(super) fn of(caller: Option<&'a VerifiedToken>) -> Self {
        Self(match caller {
            Some(token) => [
                token.canonical_issuer(),
                token.subject(),
                token.client_id().unwrap_or_default(),
                token.organization().unwrap_or_default(),
            ],
            None => [""; 4],
        })
    }
}

pub(super) fn seal(id: &str, holder: &Holder<'_>, key: &SessionKey) -> String {
    let mac = mac(id, holder, key).finalize().into_bytes();
    let mut sealed = String::with_capacity(id.len() + 1 + MAC_TEXT);
    sealed.push_str(id);
    sealed.push('.');
    URL_SAFE_NO_PAD.encode_string(mac, &mut sealed);
    sealed
}

/// The id, and which of the keys sealed it for this holder.
pub(super) fn open<'a, 'k>(
    sealed: &'a str,
    holder: &Holder<'_>,
    mut keys: impl Iterator<Item = &'k SessionKey>,
) -> Option<(&'a str, usize)> {
    let (id, mac_text) = sealed.rsplit_once('.')?;
    let mut sent = [0; MAC_TEXT];
    let length = URL_SAFE_NO_PAD.decode_slice(mac_text, &mut sent).ok()?;
    let sent = sent.get(..length)?;
    // In constant time: how much of a guess was right is nobody's business.
    let key = keys.position(|key| mac(id, holder, key).verify_slice(sent).is_ok())?;
    Some((id, key))
}

fn mac(id: &str, Holder(holder): &Holder<'_>, key: &SessionKey) -> Hmac<Sha256> {
    let mut mac = key.mac();
    for part in [PURPOSE, holder[0], holder[1], holder[2], holder[3], id] {
        // The length first, so that no text can run over into the next.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}
