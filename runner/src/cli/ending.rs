//! Ctrl-C and its kin: heard from the first moment of a command to its last, and told to whatever is under way.

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;

/// The runtime everything asynchronous happens on, and the token that is cancelled when the user, or the system, wants
/// the end.
pub(super) struct Ending {
    pub(super) runtime: Runtime,
    pub(super) token: CancellationToken,
}

impl Ending {
    /// Hears the signals from now on.
    pub(super) fn hear() -> Result<Self, Failure> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Runtime)?;
        let token = CancellationToken::new();
        let signals = {
            let _inside = runtime.enter();
            let listen = |kind| signal(kind).map_err(Failure::Runtime);
            [
                listen(SignalKind::interrupt())?,
                listen(SignalKind::terminate())?,
                listen(SignalKind::hangup())?,
            ]
        };
        runtime.spawn(cancel_on_any(signals, token.clone()));
        Ok(Self { runtime, token })
    }
}

async fn cancel_on_any(signals: [Signal; 3], token: CancellationToken) {
    let [mut interrupt, mut terminate, mut hangup] = signals;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    token.cancel();
}
