//! The service in axum and in hyper, over a connection.

use std::net::SocketAddr;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::samples;
use crate::stage::{Stage, Webhook};

async fn statuses(stage: &Stage, address: SocketAddr) -> [u16; 3] {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let send = async |webhook: &Webhook| {
        let request = client.post(format!("http://{address}/webhooks"));
        let request = request
            .header("webhook-id", &webhook.id)
            .header("webhook-timestamp", &webhook.timestamp)
            .header("webhook-signature", &webhook.signatures)
            .body(webhook.body.clone());
        request.send().await.unwrap().status().as_u16()
    };
    let webhook = stage.webhook(&samples::event("user.logout", "evt_1"));
    let forged = webhook.clone().signed(b"x");
    [
        send(&webhook).await,
        send(&webhook).await,
        send(&forged).await,
    ]
}

#[tokio::test]
async fn axum_and_hyper_serve_it() {
    let stage = Stage::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route_service("/webhooks", stage.service.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    assert_eq!(statuses(&stage, address).await, [201, 201, 401], "axum");
    assert_eq!(stage.service.counts().repeated, 1);
    server.abort();

    let stage = Stage::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = TowerToHyperService::new(stage.service.clone());
    let server = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service.clone();
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    assert_eq!(statuses(&stage, address).await, [201, 201, 401], "hyper");
    server.abort();
}
