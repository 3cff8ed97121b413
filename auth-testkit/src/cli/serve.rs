//! `mock-scalekit serve`: an issuer that runs until it is stopped.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;

use auth_core::support::private_file;
use clap::Args;
use serde_json::Value;

use super::control::{Control, Environments, FIRST, router};
use super::parent_watch::Parent;
use super::settings::{Settings, listen, warning};
use super::{Failure, print, print_note};
use crate::values::Secret;

/// Serves an issuer.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    settings: Settings,
    /// The port of the control API; 0 selects a free port
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// Writes the readiness line to this file too, which its owner alone can read
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Keep running after the parent process has ended
    #[arg(long)]
    stay: bool,
}

/// A served issuer and the socket of its control API, before the readiness line is printed.
pub(super) struct Ready {
    control: Control,
    listener: TcpListener,
    /// The readiness line.
    pub(super) described: Value,
}

impl Serve {
    pub(super) fn main(&self) -> Result<ExitCode, Failure> {
        let parent = Parent::note();
        let ready = Ready::new(&self.settings, self.control_port)?;
        let line = ready.described.to_string();
        if let Some(file) = &self.ready_file {
            // It holds the token of the control API.
            private_file::replace(file, format!("{line}\n").as_bytes())
                .map_err(|error| format!("ready-file: cannot write {}: {error}", file.display()))?;
        }
        print(&line)?;
        runtime()?.block_on(async {
            let orphaned = async {
                match self.stay {
                    true => std::future::pending().await,
                    false => parent.has_ended().await,
                }
            };
            tokio::select! {
                served = ready.serve() => served?,
                _ = tokio::signal::ctrl_c() => {}
                () = terminated() => {}
                () = orphaned => {}
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Ready {
    pub(super) fn new(settings: &Settings, control_port: u16) -> Result<Self, Failure> {
        let environments = Environments::default();
        let mut described = environments.start(FIRST, settings)?;
        let listener = listen("control-port", (settings.host(), control_port))?;
        listener.set_nonblocking(true)?;
        let token = Secret::random();
        let address = listener.local_addr()?;
        let why = "it serves every caller that has the control token";
        if let Some(text) = warning("the control API", address, why) {
            print_note(&text);
        }
        described["control_url"] = settings.beside(address).into();
        described["control_token"] = token.expose().into();
        described["pid"] = std::process::id().into();
        prepare_signing();
        Ok(Self {
            control: Control::new(environments, token),
            listener,
            described,
        })
    }

    /// Serves the control API; the issuer is served on its own thread.
    pub(super) async fn serve(self) -> Result<(), Failure> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        axum::serve(listener, router(self.control)).await?;
        Ok(())
    }
}

/// Lets aws-lc gather the entropy of this process in the background. It takes 50 ms, which the first signature
/// would have to wait for.
fn prepare_signing() {
    std::thread::spawn(|| aws_lc_rs::rand::fill(&mut [0]));
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime)
}

/// Returns when the process is asked to end (SIGTERM).
async fn terminated() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut signal) = signal(SignalKind::terminate()) {
            signal.recv().await;
            return;
        }
    }
    std::future::pending::<()>().await;
}
