//! A `tcpdump` at an interface, read as it writes. It must not know what the packets are about.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::thread::JoinHandle;

use super::pcap::{Captured, Reader, What};
use crate::namespace::Namespace;

/// The port of the datagram that marks the end of a capture: discard (RFC 863).
const MARK: u16 = 9;

/// What the kernel holds for `tcpdump` while that has no processor, in KiB.
const HELD_KIB: &str = "65536";

/// A capture under way. `tcpdump` ends with it.
#[derive(Debug)]
pub struct Capture<'a> {
    namespace: &'a Namespace,
    tcpdump: Child,
    reading: Option<JoinHandle<Vec<Captured>>>,
}

impl<'a> Capture<'a> {
    /// Begins to capture at an interface of a namespace.
    ///
    /// # Panics
    ///
    /// When `tcpdump` cannot be started, or ends instead.
    #[must_use]
    pub fn begin(namespace: &'a Namespace, device: &str) -> Self {
        let mut command = namespace.command("tcpdump");
        command.args(["--interface", device, "--time-stamp-precision=nano", "-n"]);
        // Every packet is written at once, so that what was read up to a packet is all that was captured up to it.
        command.args(["--packet-buffered", "--buffer-size", HELD_KIB, "--snapshot-length", "96", "-w", "-"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut tcpdump = command.spawn().expect("`ip` can be started");
        let said = BufReader::new(tcpdump.stderr.take().expect("standard error is piped"));
        let mut lines = said.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("listening on")), "`tcpdump` does not capture at `{device}`");
        std::thread::spawn(move || lines.for_each(drop));
        let output = tcpdump.stdout.take().expect("standard output is piped");
        let reading = std::thread::spawn(move || {
            let mut reader = Reader::new(BufReader::new(output)).expect("the head of a capture");
            let is_mark = |packet: &Captured| packet.what == What::Datagram && packet.to.port() == MARK;
            std::iter::from_fn(|| reader.next()).take_while(|packet| !is_mark(packet)).collect()
        });
        Self { namespace, tcpdump, reading: Some(reading) }
    }

    /// Ends it. `towards` is an address behind the interface: what is sent there now is the end.
    ///
    /// # Panics
    ///
    /// When the capture broke.
    #[must_use]
    pub fn end(mut self, towards: &str) -> Vec<Captured> {
        let mark = || std::net::UdpSocket::bind("0.0.0.0:0")?.send_to(b"end", (towards, MARK));
        self.namespace.inside(mark).expect("a datagram can be sent");
        let reading = self.reading.take().expect("it is ended once");
        reading.join().expect("a capture that can be read")
    }
}

impl Drop for Capture<'_> {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.tcpdump.kill());
        drop(self.tcpdump.wait());
    }
}
