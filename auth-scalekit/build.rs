//! Tells the tests whether the outside test vectors are there: those that need them report
//! themselves as ignored otherwise.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(test_vectors)");
    println!("cargo::rerun-if-env-changed=AUTH_VECTORS_DIR");
    if std::env::var_os("AUTH_VECTORS_DIR").is_some() {
        println!("cargo::rustc-cfg=test_vectors");
    }
}
