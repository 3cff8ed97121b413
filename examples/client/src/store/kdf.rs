//! How a passphrase becomes the key of a token file, and what the file states about it.
//!
//! Argon2id (RFC 9106), by the crate `argon2`: it is slow and needs memory, so that guesses are expensive on hardware
//! that would try billions of them. Files of earlier versions of this client have keys of PBKDF2 (RFC 8018).

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::pbkdf2;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

/// The iterations of PBKDF2 in files of layout 2.
const PBKDF2_ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();

/// The second recommended option of RFC 9106 section 4. OWASP's cheat sheet for stored passwords asks for at least
/// 19,456 KiB and 2 passes.
const CURRENT: Argon2id = Argon2id {
    memory_kib: 65_536,
    passes: 3,
    lanes: 4,
};

/// The most that a file may ask for: a program that can write one must not make this process allocate gigabytes, or
/// compute for minutes.
const MAX: Argon2id = Argon2id {
    memory_kib: 262_144,
    passes: 8,
    lanes: 16,
};

/// RFC 9106 section 3.1.
const MIN_SALT_BYTES: usize = 8;

/// Why a file with parameters outside of RFC 9106 is refused.
const UNUSABLE: &str = "no key can be derived with its parameters";

/// The name of Argon2id in a file.
const ARGON2ID: &str = "argon2id";

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KdfError {
    /// What the file states can never give one.
    Corrupt(&'static str),
    /// The system has not the memory for it now.
    NoMemory,
}

/// How a key is derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kdf {
    /// PBKDF2 with HMAC-SHA-256. It is read, and no longer written.
    Pbkdf2,
    Argon2id(Argon2id),
}

/// The parameters of Argon2id (RFC 9106 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Argon2id {
    /// `m`, in KiB.
    memory_kib: u32,
    /// `t`, the passes over the memory.
    passes: u32,
    /// `p`, the degree of parallelism.
    lanes: u32,
}

/// The key derivation as a file states it: anything that can be written into a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StatedKdf {
    name: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Kdf {
    /// That of the files which this version writes.
    pub(super) const CURRENT: Self = Self::Argon2id(CURRENT);

    /// Whether files with such a key are to be written again.
    pub(super) const fn is_outdated(self) -> bool {
        matches!(self, Self::Pbkdf2)
    }

    /// The key for this passphrase and salt. It takes a tenth of a second or more, so not on a thread of the runtime.
    ///
    /// # Errors
    ///
    /// [`KdfError`], with the reason.
    pub(super) fn derive<const LENGTH: usize>(
        self,
        passphrase: &[u8],
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; LENGTH]>, KdfError> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        match self {
            Self::Pbkdf2 => pbkdf2::derive(
                pbkdf2::PBKDF2_HMAC_SHA256,
                PBKDF2_ITERATIONS,
                salt,
                passphrase,
                &mut *bytes,
            ),
            Self::Argon2id(parameters) => {
                if salt.len() < MIN_SALT_BYTES {
                    return Err(KdfError::Corrupt("its salt is too short"));
                }
                parameters.derive(passphrase, salt, &mut *bytes)?;
            }
        }
        Ok(bytes)
    }
}

impl Argon2id {
    fn derive(self, passphrase: &[u8], salt: &[u8], key: &mut [u8]) -> Result<(), KdfError> {
        let unusable = |_| KdfError::Corrupt(UNUSABLE);
        let parameters = self.checked().map_err(unusable)?;
        // Overwritten at the end: passphrases could be tried against what it holds without the cost of Argon2id.
        let mut memory = Zeroizing::new(Vec::new());
        let blocks = parameters.block_count();
        memory
            .try_reserve_exact(blocks)
            .map_err(|_| KdfError::NoMemory)?;
        memory.resize(blocks, Block::new());
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into_with_memory(passphrase, salt, key, memory.as_mut_slice())
            .map_err(unusable)
    }

    fn checked(self) -> argon2::Result<Params> {
        Params::new(self.memory_kib, self.passes, self.lanes, None)
    }

    const fn exceeds(self, most: Self) -> bool {
        self.memory_kib > most.memory_kib || self.passes > most.passes || self.lanes > most.lanes
    }
}

impl StatedKdf {
    /// What a file states; none for PBKDF2, which files of layout 2 do not name.
    pub(super) fn of(kdf: Kdf) -> Option<Self> {
        match kdf {
            Kdf::Pbkdf2 => None,
            Kdf::Argon2id(parameters) => Some(Self {
                name: ARGON2ID.into(),
                memory_kib: parameters.memory_kib,
                passes: parameters.passes,
                lanes: parameters.lanes,
            }),
        }
    }

    /// The key derivation, if this client would perform it.
    ///
    /// # Errors
    ///
    /// Why it would not; this says that the file is corrupt.
    pub(super) fn accepted(&self) -> Result<Kdf, &'static str> {
        if self.name != ARGON2ID {
            return Err("it names a key derivation that this client does not know");
        }
        let parameters = Argon2id {
            memory_kib: self.memory_kib,
            passes: self.passes,
            lanes: self.lanes,
        };
        if parameters.exceeds(MAX) {
            return Err("its key derivation would take too much memory or time");
        }
        match parameters.checked() {
            Ok(_) => Ok(Kdf::Argon2id(parameters)),
            Err(_) => Err(UNUSABLE),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn stated(name: &str, memory_kib: u32, passes: u32, lanes: u32) -> StatedKdf {
        StatedKdf {
            name: name.into(),
            memory_kib,
            passes,
            lanes,
        }
    }

    #[test]
    fn only_parameters_within_the_limits_are_accepted() {
        let current = StatedKdf::of(Kdf::CURRENT).unwrap();
        assert_eq!(current, stated("argon2id", 65_536, 3, 4));
        assert_eq!(current.accepted(), Ok(Kdf::CURRENT));
        let unknown = "it names a key derivation that this client does not know";
        let too_much = "its key derivation would take too much memory or time";
        let rows = [
            (stated("argon2id", 262_144, 8, 16), None),
            (stated("argon2id", 262_145, 8, 16), Some(too_much)),
            (stated("argon2id", 262_144, 9, 16), Some(too_much)),
            (stated("argon2id", 262_144, 8, 17), Some(too_much)),
            (stated("argon2id", u32::MAX, 3, 4), Some(too_much)),
            (stated("argon2id", 65_536, u32::MAX, 4), Some(too_much)),
            (stated("argon2id", 32, 1, 4), None),
            (stated("argon2id", 31, 1, 4), Some(UNUSABLE)),
            (stated("argon2id", 32, 0, 4), Some(UNUSABLE)),
            (stated("argon2id", 32, 1, 0), Some(UNUSABLE)),
            (stated("argon2i", 65_536, 3, 4), Some(unknown)),
            (stated("Argon2id", 65_536, 3, 4), Some(unknown)),
            (stated("", 65_536, 3, 4), Some(unknown)),
        ];
        for (stated, refused) in rows {
            assert_eq!(stated.accepted().err(), refused, "{stated:?}");
        }
    }

    #[test]
    fn it_is_argon2id_of_version_19() {
        // Computed by the reference implementation (argon2-cffi 25.1):
        // hash_secret_raw(b"passphrase", b"sixteen bytes ok", 3, 64, 4, 32, Type.ID, 19)
        let kdf = stated("argon2id", 64, 3, 4).accepted().unwrap();
        let key = kdf
            .derive::<32>(b"passphrase", b"sixteen bytes ok")
            .unwrap();
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "da459365ff46dd5320e595f542a6098975d6296afb48b3a7fd904ff9c8ba579b"
        );
    }

    #[test]
    fn a_salt_has_eight_bytes_at_least() {
        let kdf = stated("argon2id", 32, 1, 4).accepted().unwrap();
        assert!(kdf.derive::<32>(b"passphrase", b"8 bytes!").is_ok());
        assert_eq!(
            kdf.derive::<32>(b"passphrase", b"7 bytes").err(),
            Some(KdfError::Corrupt("its salt is too short"))
        );
    }
}
