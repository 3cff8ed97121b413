//! One connection.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;

use super::Pipeline;
use super::stream::Secured;
use super::wire::{DamagedStream, Wire};

/// Answers the requests of a connection until it ends.
pub(super) async fn serve(stream: TcpStream, secured: Secured, pipeline: Arc<Pipeline>) {
    let _ = stream.set_nodelay(true);
    // A client that does not trust the certificate ends the handshake, and gets no reply.
    let Ok(stream) = secured.accept(stream).await else {
        return;
    };
    let wire = Wire::default();
    let stream = TokioIo::new(DamagedStream::new(stream, wire.clone()));
    let service = service_fn(move |request| {
        let (pipeline, wire) = (Arc::clone(&pipeline), wire.clone());
        async move { Ok::<_, Infallible>(pipeline.answer(request, &wire).await) }
    });
    // A connection that ends badly is the client's doing, or a fault that was asked for.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(stream, service)
        .await;
}
