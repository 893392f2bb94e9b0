//! A door before the target: it hands connections on, and each request a set time later.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A door, open until the process ends.
pub(crate) struct Door {
    /// Where it is.
    pub(crate) address: SocketAddr,
    delay_us: Arc<AtomicU64>,
}

impl Door {
    /// Opens it.
    pub(crate) fn open(at: &str, to: SocketAddr) -> Self {
        let listener = TcpListener::bind(at).expect("an address of this machine's loopback");
        let address = listener.local_addr().expect("it is bound");
        let delay_us = Arc::new(AtomicU64::new(0));
        let delay = Arc::clone(&delay_us);
        std::thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                let delay = Arc::clone(&delay);
                // Either end may go away at any time.
                std::thread::spawn(move || drop(hand_on(&caller, to, &delay)));
            }
        });
        Self { address, delay_us }
    }

    /// How late it hands on what comes from now on.
    pub(crate) fn delay(&self, by: Duration) {
        let us = u64::try_from(by.as_micros()).expect("a short time");
        self.delay_us.store(us, Ordering::Relaxed);
    }
}

fn hand_on(caller: &TcpStream, to: SocketAddr, delay_us: &AtomicU64) -> std::io::Result<()> {
    let target = TcpStream::connect(to)?;
    target.set_nodelay(true)?;
    caller.set_nodelay(true)?;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            drop(copy(&target, caller, || ()));
            drop(caller.shutdown(Shutdown::Both));
        });
        let wait = || std::thread::park_timeout(Duration::from_micros(delay_us.load(Ordering::Relaxed)));
        let copied = copy(caller, &target, wait);
        drop(target.shutdown(Shutdown::Both));
        copied
    })
}

fn copy(mut from: &TcpStream, mut to: &TcpStream, wait: impl Fn()) -> std::io::Result<()> {
    let mut bytes = vec![0; 16 * 1_024];
    loop {
        let length = from.read(&mut bytes)?;
        let Some(came) = bytes.get(..length).filter(|came| !came.is_empty()) else { return Ok(()) };
        wait();
        to.write_all(came)?;
    }
}
