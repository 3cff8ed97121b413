//! An issuer that is not there.

use std::io::ErrorKind;

use auth_testkit::MockScalekit;
use tokio::net::TcpStream;

use crate::raw::{connect, get, heard};
use crate::support::jwks;

async fn connects(address: &str) -> Result<(), ErrorKind> {
    let connected = TcpStream::connect(address).await;
    connected.map(drop).map_err(|error| error.kind())
}

#[tokio::test]
async fn connections_are_refused_and_existing_ones_closed_until_it_ends() {
    let scalekit = MockScalekit::start().await;
    let address = scalekit.environment_url().strip_prefix("http://").unwrap();
    let idle = connect(&scalekit).await;
    get(&scalekit, "/keys").await;
    let refusal = scalekit.refuse_connections();
    assert_eq!(connects(address).await, Err(ErrorKind::ConnectionRefused));
    let heard = heard(idle).await;
    assert!(heard.bytes.is_empty());
    let second = scalekit.refuse_connections();
    drop(refusal);
    assert_eq!(connects(address).await, Err(ErrorKind::ConnectionRefused));
    drop(second);
    jwks(&scalekit).await;
    assert_eq!(get(&scalekit, "/keys").await.status(), "200");
}

#[tokio::test]
async fn the_port_is_closed_when_the_issuer_has_been_dropped() {
    let scalekit = MockScalekit::start().await;
    let address = scalekit.environment_url().strip_prefix("http://").unwrap();
    let address = address.to_owned();
    assert_eq!(connects(&address).await, Ok(()));
    let refusal = scalekit.refuse_connections();
    drop(scalekit);
    drop(refusal);
    assert_eq!(connects(&address).await, Err(ErrorKind::ConnectionRefused));
}

#[test]
fn a_test_without_a_runtime_can_have_an_issuer() {
    let scalekit = MockScalekit::builder().start_blocking();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let heard = runtime.block_on(get(&scalekit, "/keys"));
    assert_eq!(heard.status(), "200");
}

#[tokio::test(start_paused = true)]
async fn a_test_whose_time_stands_still_can_have_an_issuer() {
    let scalekit = MockScalekit::start().await;
    assert_eq!(get(&scalekit, "/keys").await.status(), "200");
}
