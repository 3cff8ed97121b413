//! A gzip bomb, written by hand: a few bytes that unpack to very many.

/// What [`bomb`] unpacks to behind its text: this many runs of 258 spaces (1 MiB).
const RUNS: usize = 4096;
const RUN_LENGTH: usize = 258;

/// `text` and 1 MiB of spaces, in gzip ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952)) of one
/// block with fixed codes ([RFC 1951 section 3.2.6](https://www.rfc-editor.org/rfc/rfc1951#section-3.2.6)).
pub(crate) fn bomb(text: &[u8]) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.number(1, 1); // the last block
    bits.number(1, 2); // of fixed codes
    let text = [text, b" "].concat();
    for byte in &text {
        match u16::from(*byte) {
            byte @ 0..=143 => bits.code(0x30 + byte, 8),
            byte => bits.code(0x190 + byte - 144, 9),
        }
    }
    for _ in 0..RUNS {
        bits.code(0xc5, 8); // symbol 285: 258 bytes
        bits.code(0, 5); // from one byte back
    }
    bits.code(0, 7); // the end
    let unpacked = [text, vec![b' '; RUNS * RUN_LENGTH]].concat();
    let length = u32::try_from(unpacked.len()).unwrap();
    [
        &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255],
        bits.bytes.as_slice(),
        &crc32(&unpacked).to_le_bytes(),
        &length.to_le_bytes(),
    ]
    .concat()
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn bit(&mut self, bit: u16) {
        if self.used.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if bit == 1 {
            *self.bytes.last_mut().unwrap() |= 1 << (self.used % 8);
        }
        self.used += 1;
    }

    /// Numbers begin with their lowest bit.
    fn number(&mut self, number: u16, length: u32) {
        (0..length).for_each(|at| self.bit(number >> at & 1));
    }

    /// Codes begin with their highest bit.
    fn code(&mut self, code: u16, length: u32) {
        (0..length).rev().for_each(|at| self.bit(code >> at & 1));
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256_u32)
        .map(|byte| {
            (0..8).fold(byte, |rest, _| {
                (rest >> 1) ^ if rest & 1 == 1 { 0xedb8_8320 } else { 0 }
            })
        })
        .collect();
    !bytes.iter().fold(!0, |rest: u32, byte| {
        (rest >> 8) ^ table[usize::from(rest.to_le_bytes()[0] ^ byte)]
    })
}
