//! What protection costs a server over real sockets, compared with alternatives.
//!
//! `cargo bench -p examples --bench http`. Each server is a separate process on one core, and the
//! load comes from another: 32 connections that are kept alive, HTTP/1.1 and HTTP/2, each sending
//! its next request when it has its answer. All servers take their turns, round after round, so
//! that a busy machine slows all of them alike. The request is always the same `tools/list` of
//! 2026-07-28 with a token of 0.9 KB, and every answer must be 200.
//!
//! * `trivial`: an axum handler that answers `ok`. `tool`: rmcp, with the tools of the example.
//! * `open`: without protection. `ours`: `AuthLayer` with its default settings, and rules
//!   about operations; the token is known after the first request.
//! * `oauth_resource_server`, `tower_oauth2`: the crates oauth-resource-server and
//!   tower-oauth2-resource-server (by aws-lc-rs), each with its layer that asks for a token alone.
//! * `fastmcp`: FastMCP's Scalekit provider under uvicorn, when `FASTMCP_PYTHON` names an
//!   interpreter that has it.
//! * `paced`: with 8 worker threads and both cores, requests that come at 80 % of the rate that the
//!   server can do with the load beside it.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `BENCH_SECONDS` | seconds of load for each server in each line | 10 |
//! | `FASTMCP_PYTHON` | a Python interpreter that has FastMCP | none: left out |
//!
//! Every server and the load set `TCP_NODELAY`: without it rmcp's answers wait 44 ms.
//!
//! Medians of 10 s each on a shared 2-core machine, HTTP/1.1: `trivial` open 146k requests/s at
//! 6.7 us of processor, ours 123k at 8.0 us: 0.843 (0.79..0.87), 6.5 times `oauth_resource_server`
//! and 5.8 times `tower_oauth2`; `tool` 0.884 (0.86..0.93), 1.6 and 1.4, and, in an earlier run, 14 times
//! `fastmcp`. Over HTTP/2 0.970 and 0.874. Peak memory: ours 16.1 MiB, open 12.9. `paced` is the machine's noise.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "a bench, whose report is for people"
)]

mod line;
mod load;
mod paced;
mod process;
mod server;
#[path = "../../../auth-scalekit/benches/shared/spread.rs"]
mod spread;
mod wire;

use std::time::Duration;

use auth_testkit::MockScalekit;
use auth_testkit::settings::TokenIssuer;
use line::{Line, Server};
use load::Load;
use server::{Guard, Inner, Setting};
use wire::Wire;

/// How often all servers take their turn.
const ROUNDS: u32 = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    if let Some(setting) = Setting::of_this_process() {
        server::run(&setting);
        return;
    }
    process::keep_to_core(0);
    runtime.block_on(compare());
}

async fn compare() {
    let seconds = std::env::var("BENCH_SECONDS").ok();
    let seconds = seconds.map_or(10.0, |text| match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds < 3600.0 => seconds,
        _ => panic!("BENCH_SECONDS: expected seconds, more than 0 and below 3600, got {text:?}"),
    });
    let slice = Duration::from_secs_f64(seconds / f64::from(ROUNDS));
    let scalekit = MockScalekit::builder()
        .resource_url(server::URL)
        .scopes(["notes:read", "notes:write"])
        .start()
        .await;
    let keys = reqwest::get(format!("{}/keys", scalekit.environment_url())).await;
    let keys = keys.unwrap().text().await.unwrap();
    let token = scalekit.token().scopes(["notes:read"]);
    let token = token.issuer_form(TokenIssuer::Resource).sign();
    println!(
        "{seconds} s of load for each server in {ROUNDS} rounds, a token of {} bytes",
        token.len()
    );
    let load = Load::new(&token, slice);

    let mut trivial = Vec::new();
    let mut tool = Vec::new();
    for guard in Guard::ALL {
        let setting = |inner| Setting::new(&scalekit, &keys, inner, guard);
        trivial.push(Server::start(guard.name(), &setting(Inner::Trivial)));
        tool.push(Server::start(guard.name(), &setting(Inner::Rmcp)));
    }
    match Server::start_fastmcp(&scalekit) {
        Some(server) => tool.push(server),
        None => println!("FASTMCP_PYTHON is not set: fastmcp is left out"),
    }

    let peers = ["oauth_resource_server", "tower_oauth2"];
    for wire in [Wire::Http1, Wire::Http2] {
        let mut line = Line::run("trivial", wire, &load, trivial.iter()).await;
        line.print();
        line.ratio("protected_vs_open_trivial", "ours", "open");
        for peer in peers {
            line.ratio(&format!("ours_vs_{}", long_name(peer)), "ours", peer);
        }
        // FastMCP's server has no HTTP/2.
        let able = |server: &&Server| wire == Wire::Http1 || server.name != "fastmcp";
        let mut line = Line::run("tool", wire, &load, tool.iter().filter(able)).await;
        line.print();
        line.ratio("protected_vs_open_tool", "ours", "open");
        for peer in peers {
            line.ratio(&format!("ours_vs_{}_tool", long_name(peer)), "ours", peer);
        }
        line.ratio("ours_vs_fastmcp", "ours", "fastmcp");
    }
    for (inner, servers) in [("trivial", trivial), ("tool", tool)] {
        for server in servers {
            println!("{}", server.peak(inner));
        }
    }
    paced::run(&scalekit, &keys, &token, seconds).await;
}

/// The name of the crate, as the ratios have it.
fn long_name(peer: &str) -> &str {
    match peer {
        "tower_oauth2" => "tower_oauth2_resource_server",
        peer => peer,
    }
}
