//! Recognises RSA keys of the ROCA kind (CVE-2017-15361), whose private part can be computed.
//!
//! The primes of such keys are powers of 65537 modulo the product of the first primes, so their
//! modulus is one too, modulo each of those primes. A modulus of another make passes all of these
//! tests by chance once in 2^27 times.

/// The small primes that discriminate; modulo the others 65537 generates all residues.
const PRIMES: [u32; 17] = [
    11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
];

/// Whether a big-endian modulus is of this kind.
pub(crate) fn is_vulnerable(modulus: &[u8]) -> bool {
    PRIMES
        .iter()
        .all(|prime| is_power_of_65537(remainder(modulus, *prime), *prime))
}

fn remainder(number: &[u8], prime: u32) -> u32 {
    number
        .iter()
        .fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime)
}

fn is_power_of_65537(residue: u32, prime: u32) -> bool {
    let mut power = 1;
    for _ in 0..prime {
        if power == residue {
            return true;
        }
        power = power * 65537 % prime;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_65537_are_recognised_and_others_are_not() {
        // 65537^5, whose residues are powers of 65537 modulo each prime.
        let power = 65537_u128.pow(5).to_be_bytes();
        assert!(is_vulnerable(&power));
        for other in [3_u128, 65537 * 3, (1 << 89) - 1] {
            assert!(!is_vulnerable(&other.to_be_bytes()), "{other}");
        }
    }
}
