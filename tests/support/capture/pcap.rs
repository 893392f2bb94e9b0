//! Reads a capture as it is written: the file format of libpcap (`pcap-savefile(5)`), IPv4, and of TCP, UDP and ICMP
//! what tells exchanges apart. It must not know how packets belong together.

use std::io::{Error, ErrorKind, Read};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

/// The first four bytes of a file with nanoseconds, written by this machine.
const NANOSECONDS: u32 = 0xa1b2_3c4d;

/// A packet begins with an Ethernet header of 14 bytes, or with IP itself (`LINKTYPE_ETHERNET`, `LINKTYPE_RAW`).
const LINKS: [(u32, usize); 2] = [(1, 14), (101, 0)];

/// A packet as it was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Captured {
    /// When, since the Unix epoch, to a nanosecond.
    pub at: Duration,
    /// Who sent it; port 0 for ICMP.
    pub from: SocketAddrV4,
    /// To whom.
    pub to: SocketAddrV4,
    /// What it is.
    pub what: What,
}

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// SYN without ACK.
    Syn,
    /// SYN with ACK.
    SynAck,
    /// A TCP segment that carries data, up to before this sequence number.
    Segment(u32),
    /// A TCP segment without data.
    Bare,
    /// A datagram.
    Datagram,
    /// An echo request of this identifier and sequence number (RFC 792).
    Echo(u16, u16),
    /// The reply to it.
    EchoReply(u16, u16),
}

/// A capture as it is read.
#[derive(Debug)]
pub(super) struct Reader<R> {
    from: R,
    skip: usize,
}

impl<R: Read> Reader<R> {
    /// Reads the head of the file.
    pub(super) fn new(mut from: R) -> std::io::Result<Self> {
        let mut head = [0; 24];
        from.read_exact(&mut head)?;
        let strange = || Error::new(ErrorKind::InvalidData, format!("no capture with nanoseconds: {head:?}"));
        let link = word(&head, 20).filter(|_| word(&head, 0) == Some(NANOSECONDS)).ok_or_else(strange)?;
        let (_, skip) = LINKS.into_iter().find(|(known, _)| *known == link).ok_or_else(strange)?;
        Ok(Self { from, skip })
    }

    /// The next packet that is one of [`What`]; none at the end of the file.
    pub(super) fn next(&mut self) -> Option<Captured> {
        loop {
            let mut head = [0; 16];
            self.from.read_exact(&mut head).ok()?;
            let mut bytes = vec![0; usize::try_from(word(&head, 8)?).ok()?];
            self.from.read_exact(&mut bytes).ok()?;
            let at = Duration::new(word(&head, 0)?.into(), word(&head, 4)?);
            let packet = bytes.get(self.skip..).and_then(|bytes| read(at, bytes));
            if packet.is_some() {
                return packet;
            }
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Reads an IPv4 packet (RFC 791, RFC 9293, RFC 768).
fn read(at: Duration, ip: &[u8]) -> Option<Captured> {
    let address = |at| Some(Ipv4Addr::from(*ip.get(at..)?.first_chunk::<4>()?));
    let first = ip.first().filter(|first| **first >> 4 == 4)?;
    let inner = ip.get(usize::from(first & 15) * 4..)?;
    let ports = || Some((short(inner, 0)?, short(inner, 2)?));
    let ((from, to), what) = match ip.get(9)? {
        1 => ((0, 0), echo(inner)?),
        6 => (ports()?, segment(usize::from(short(ip, 2)?), ip.len() - inner.len(), inner)?),
        17 => (ports()?, What::Datagram),
        _ => return None,
    };
    let (from, to) = (SocketAddrV4::new(address(12)?, from), SocketAddrV4::new(address(16)?, to));
    Some(Captured { at, from, to, what })
}

fn echo(icmp: &[u8]) -> Option<What> {
    let (id, number) = (short(icmp, 4)?, short(icmp, 6)?);
    match icmp.first()? {
        8 => Some(What::Echo(id, number)),
        0 => Some(What::EchoReply(id, number)),
        _ => None,
    }
}

fn segment(total: usize, before: usize, tcp: &[u8]) -> Option<What> {
    let head = usize::from(tcp.get(12)? >> 4) * 4;
    let length = u32::try_from(total.saturating_sub(before + head)).ok()?;
    let sequence = u32::from_be_bytes(*tcp.get(4..)?.first_chunk()?);
    let (is_syn, is_ack) = (tcp.get(13)? & 2 != 0, tcp.get(13)? & 16 != 0);
    Some(match (is_syn, is_ack) {
        (true, false) => What::Syn,
        (true, true) => What::SynAck,
        (false, _) if length > 0 => What::Segment(sequence.wrapping_add(length)),
        (false, _) => What::Bare,
    })
}
