//! The fuzz targets of this crate on stable Rust: no bytes may break what must always hold.

#[path = "../fuzz/driver.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod driver;

use auth_core::fuzzing;
use driver::drive;

macro_rules! seeds {
    ($target:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/", $target)
    };
}

#[test]
fn bearer() {
    drive(seeds!("bearer"), fuzzing::bearer);
}

#[test]
fn public_url() {
    drive(seeds!("public_url"), fuzzing::public_url);
}

#[test]
fn resource_metadata() {
    drive(seeds!("resource_metadata"), fuzzing::resource_metadata);
}

#[test]
fn challenge() {
    drive(seeds!("challenge"), fuzzing::challenge);
}
