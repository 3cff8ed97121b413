//! Tells the tests whether `redis-server` is there: those that need it report themselves as ignored otherwise.

pub(crate) fn main() {
    println!("cargo::rustc-check-cfg=cfg(redis_server)");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-changed=build.rs");
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("redis-server").is_file()) {
        println!("cargo::rustc-cfg=redis_server");
    }
}
