//! Reports to the tests whether the outside test vectors and PostgreSQL are there: those that need them report
//! themselves as ignored otherwise.

use std::path::Path;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(test_vectors, postgres_server)");
    println!("cargo::rerun-if-env-changed=AUTH_VECTORS_DIR");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("AUTH_VECTORS_DIR").is_some() {
        println!("cargo::rustc-cfg=test_vectors");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let versions = versions.into_iter().flatten().flatten();
    let of_debian = versions.map(|version| version.path().join("bin"));
    let mut folders = of_debian.chain(std::env::split_paths(&path));
    if folders.any(|folder| has_postgres(&folder)) {
        println!("cargo::rustc-cfg=postgres_server");
    }
}

fn has_postgres(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("postgres").is_file()
}
