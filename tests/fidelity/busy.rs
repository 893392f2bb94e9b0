//! Keeps every core busy, as a machine is that does something else beside measuring.

use std::process::{Child, Command};

/// One process a core that does nothing but run. They end, by their own ids, when this is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Vec<Child>);

impl Busy {
    pub(crate) fn begin() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let spin =
            |_| Command::new("sh").args(["-c", "while :; do :; done"]).spawn().expect("`sh` can be started");
        Self((0..cores).map(spin).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
