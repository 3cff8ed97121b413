//! The fuzz targets of this crate on stable Rust: no bytes may break what must always hold.

#[path = "../../auth-core/fuzz/driver.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod driver;

use auth_scalekit::fuzzing;
use driver::drive;

macro_rules! seeds {
    ($target:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/", $target)
    };
}

#[test]
fn jose_header() {
    drive(seeds!("jose_header"), fuzzing::jose_header);
}

#[test]
fn claims() {
    drive(seeds!("claims"), fuzzing::claims);
}

#[test]
fn token() {
    drive(seeds!("token"), fuzzing::token);
}

#[test]
fn jwks() {
    drive(seeds!("jwks"), fuzzing::jwks);
}

#[test]
fn cache_control() {
    drive(seeds!("cache_control"), fuzzing::cache_control);
}

#[test]
fn server_metadata() {
    drive(seeds!("server_metadata"), fuzzing::server_metadata);
}
