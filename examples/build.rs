//! As that of auth-core: the tests need `redis-server`, too.

#[path = "../auth-core/build.rs"]
mod redis_server;

fn main() {
    redis_server::main();
}
