//! `cargo run -p examples --bin byoa`: a server whose users log in at your own page, with a mock Scalekit; see the
//! documentation of `examples::byoa`.

use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    examples::logging::init("info,rmcp=warn");
    examples::byoa::run().await
}
