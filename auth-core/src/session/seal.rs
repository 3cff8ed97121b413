//! The seal of a session id: `id.mac`, with an HMAC-SHA-256 over the id and its owner.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::key::SessionKey;
use crate::token::VerifiedToken;

/// Domain separation: no other use of the same key can produce a valid seal.
const PURPOSE: &str = "mcp-session-id v2";

/// The length of the MAC, 32 bytes in base64url.
const MAC_TEXT: usize = 43;

/// The caller that a session belongs to.
pub(super) struct SessionOwner<'a>([&'a str; 4]);

impl<'a> SessionOwner<'a> {
    /// Issuer, subject, client and organization; empty strings for those that are absent.
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

pub(super) fn seal(id: &str, owner: &SessionOwner<'_>, key: &SessionKey) -> String {
    let mac = mac(id, owner, key).finalize().into_bytes();
    let mut sealed = String::with_capacity(id.len() + 1 + MAC_TEXT);
    sealed.push_str(id);
    sealed.push('.');
    URL_SAFE_NO_PAD.encode_string(mac, &mut sealed);
    sealed
}

/// The id, and the index of the key that sealed it for this owner.
pub(super) fn open<'a, 'k>(
    sealed: &'a str,
    owner: &SessionOwner<'_>,
    mut keys: impl Iterator<Item = &'k SessionKey>,
) -> Option<(&'a str, usize)> {
    let (id, mac_text) = sealed.rsplit_once('.')?;
    let mut sent = [0; MAC_TEXT];
    let length = URL_SAFE_NO_PAD.decode_slice(mac_text, &mut sent).ok()?;
    let sent = sent.get(..length)?;
    // Compared in constant time, so that timing does not help to guess a MAC.
    let key = keys.position(|key| mac(id, owner, key).verify_slice(sent).is_ok())?;
    Some((id, key))
}

fn mac(id: &str, SessionOwner(owner): &SessionOwner<'_>, key: &SessionKey) -> Hmac<Sha256> {
    let mut mac = key.mac();
    for part in [PURPOSE, owner[0], owner[1], owner[2], owner[3], id] {
        // Each part is preceded by its length, so that no two lists of parts are the same bytes.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}
