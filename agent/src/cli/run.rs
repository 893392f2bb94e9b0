//! `serve` and `stdio`: settings read, the agent started, and ended well on a signal.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::BufReader;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::args::ServeArgs;
use super::exit::{FAILED, chain, fail, refuse};
use super::listen::{Otherwise, listen};
use super::mistake::Mistake;
use super::setting::{agent, grace};
use crate::perform::raise_open_files;
use crate::serve::{Running, Settings, StartError, serve_lines, start};

struct Ready {
    settings: Settings,
    grace: Duration,
    runtime: Runtime,
}

/// Runs `serve`.
pub(super) fn serve(args: &ServeArgs) -> ExitCode {
    let Ready { settings, grace, runtime } = match ready(args, Otherwise::Listen) {
        Ok(ready) => ready,
        Err(code) => return code,
    };
    runtime.block_on(async {
        let (mut signals, running) = match begin(settings) {
            Ok(begun) => begun,
            Err(code) => return code,
        };
        signals.next().await;
        end(running, grace, &mut signals).await
    })
}

/// Runs `stdio`.
pub(super) fn stdio(args: &ServeArgs) -> ExitCode {
    let Ready { settings, grace, runtime } = match ready(args, Otherwise::BeSilent) {
        Ok(ready) => ready,
        Err(code) => return code,
    };
    let code = runtime.block_on(async {
        let (mut signals, running) = match begin(settings) {
            Ok(begun) => begun,
            Err(code) => return code,
        };
        let stop = CancellationToken::new();
        let (orders, replies) = (BufReader::new(tokio::io::stdin()), tokio::io::stdout());
        let agent = Arc::clone(running.agent());
        let lines = serve_lines(&agent, orders, replies, &stop);
        let mut lines = std::pin::pin!(lines);
        let served = tokio::select! {
            served = lines.as_mut() => served,
            () = signals.next() => {
                // Replies under way have the grace; the agent's own end cuts what takes longer.
                stop.cancel();
                tokio::join!(lines, agent.drain(grace)).0
            }
        };
        let code = end(running, grace, &mut signals).await;
        served.map_or_else(|error| fail(&error), |()| code)
    });
    // Standard input is read by a thread that only ends with the stream.
    runtime.shutdown_background();
    code
}

fn ready(args: &ServeArgs, otherwise: Otherwise) -> Result<Ready, ExitCode> {
    let mut mistakes: Vec<Mistake> = Vec::new();
    let agent = agent(&args.agent, &args.limits, &mut mistakes);
    let listen = listen(&args.listen, otherwise, &mut mistakes);
    let grace = grace(&args.limits, &mut mistakes);
    let (Some(mut agent), []) = (agent, mistakes.as_slice()) else { return Err(refuse(&mistakes)) };
    let files = raise_open_files().unwrap_or_else(|error| {
        tracing::warn!(%error, "fewer calls and connections are taken on");
        error.stays
    });
    agent.limits = agent.limits.within_open_files(files);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| fail(&error))?;
    Ok(Ready { settings: Settings { agent, listen }, grace, runtime })
}

fn begin(settings: Settings) -> Result<(Signals, Running), ExitCode> {
    let signals = Signals::new().map_err(|error| fail(&error))?;
    let allow = settings.agent.policy.texts().join(" ");
    let running = start(settings).map_err(|error| match setting_of(&error) {
        Some((flag, variable, next)) => refuse(&[Mistake::new(flag, variable, chain(&error)).next(next)]),
        None => fail(&error),
    })?;
    let agent = running.agent();
    tracing::info!(agent = %agent.name(), boot = %agent.boot(), allow, "the agent is ready");
    for listener in running.listeners() {
        tracing::info!("listening on {}://{}", listener.transport, listener.address);
    }
    Ok((signals, running))
}

/// The setting that keeps an agent from starting, its variable, and the next step; none where the system does.
fn setting_of(error: &StartError) -> Option<(&'static str, &'static str, &'static str)> {
    match error {
        StartError::Listen { .. } => None,
        StartError::Certificates(_) => Some(("--cert", "RINGFENCE_TLS_CERT", "give the chain in PEM form")),
        StartError::Key(_) => Some(("--key", "RINGFENCE_TLS_KEY", "give the key in PEM form, unencrypted")),
        StartError::Identity(_) => Some((
            "--cert, --key",
            "RINGFENCE_TLS_CERT, RINGFENCE_TLS_KEY",
            "give the key that belongs to the first certificate of the chain",
        )),
        StartError::Means(_) => {
            Some(("--ca, --source", "RINGFENCE_CA, RINGFENCE_SOURCE", "correct or remove it"))
        }
    }
}

/// Ends the agent well, or at once on another signal.
async fn end(running: Running, grace: Duration, signals: &mut Signals) -> ExitCode {
    tracing::info!("the agent is shutting down");
    tokio::select! {
        () = running.drain(grace) => ExitCode::SUCCESS,
        () = signals.next() => {
            tracing::warn!("the agent was told to stop twice, and does not wait for orders under way");
            ExitCode::from(FAILED)
        }
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
