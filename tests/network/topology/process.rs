//! A program at a place: up when it has said so, read until it ends, ended by its own id.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running program. It is ended when this is dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts it, and waits until it has written a line with these words to standard error, this many times.
    ///
    /// # Panics
    ///
    /// When it cannot be started, or ends instead.
    #[must_use]
    pub fn start(mut command: Command, words: &str, times: usize) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut process = Self(child);
        let mut lines = BufReader::new(process.0.stderr.take().expect("standard error is piped")).lines();
        let (mut seen, mut said) = (0, String::new());
        while seen < times {
            let Some(Ok(line)) = lines.next() else { panic!("{command:?} ended, saying:\n{said}") };
            seen += usize::from(line.contains(words));
            said.push_str(&line);
            said.push('\n');
        }
        // Read on, so that it never waits for a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        process
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
