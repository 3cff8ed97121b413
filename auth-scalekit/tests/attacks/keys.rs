//! T4, T10, T11: signatures that are none of the issuer's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Forge, Row, row};

pub(super) fn rows(forge: &Forge<'_>) -> Vec<Row> {
    let good = forge.token().sign();
    let (input, signature) = good.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut rows = vec![
        row(
            "another key under the same name",
            forge.token().wrong_key().sign(),
            "bad_signature",
        ),
        row(
            "a changed byte",
            forge.token().corrupt_signature().sign(),
            "bad_signature",
        ),
        row(
            "an unknown key",
            forge.token().unknown_kid().sign(),
            "unknown_key",
        ),
        row(
            "another key without a name",
            forge.token().wrong_key().without_kid().sign(),
            "bad_signature",
        ),
        row(
            "the signature of another token",
            format!(
                "{}.{signature}",
                forge
                    .token()
                    .subject("usr_2")
                    .sign()
                    .rsplit_once('.')
                    .unwrap()
                    .0
            ),
            "bad_signature",
        ),
    ];
    let mut forged = |name: String, bytes: Vec<u8>| {
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(bytes));
        rows.push(row(name, token, "bad_signature"));
    };
    let length = bytes.len();
    for (name, bytes) in [
        ("zeros", vec![0; length]),
        ("ones", vec![0xff; length]),
        ("the number one", [vec![0; length - 1], vec![1]].concat()),
        ("a zero before it", [vec![0], bytes.clone()].concat()),
        ("a zero after it", [bytes.clone(), vec![0]].concat()),
        ("without its first byte", bytes[1..].to_vec()),
        ("without its last byte", bytes[..length - 1].to_vec()),
        ("twice", [bytes.clone(), bytes.clone()].concat()),
        ("backwards", bytes.iter().rev().copied().collect()),
        ("one byte", vec![1]),
        ("64 bytes, as ECDSA has", bytes[..64].to_vec()),
        ("a kilobyte", vec![7; 1024]),
        // PKCS#1 v1.5 padding as it would stand there if it were not encrypted.
        (
            "bare padding",
            [vec![0, 1], vec![0xff; length - 54], vec![0], vec![0x30; 51]].concat(),
        ),
    ] {
        forged(format!("signature: {name}"), bytes);
    }
    for at in (0..length).step_by(4) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        forged(format!("signature: a bit of byte {at}"), changed);
    }
    rows
}
