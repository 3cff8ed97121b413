//! One connection.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;

use super::Front;
use super::wire::{DamagedStream, Wire};

/// Answers the requests of a connection until it ends.
pub(super) async fn serve(stream: TcpStream, front: Arc<Front>) {
    let _ = stream.set_nodelay(true);
    let wire = Wire::default();
    let stream = TokioIo::new(DamagedStream::new(stream, wire.clone()));
    let service = service_fn(move |request| {
        let (front, wire) = (Arc::clone(&front), wire.clone());
        async move { Ok::<_, Infallible>(front.answer(request, &wire).await) }
    });
    // A connection that ends badly is the client's doing, or a fault that was asked for.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(stream, service)
        .await;
}
