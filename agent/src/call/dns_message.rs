//! A DNS question and its answer as bytes (RFC 1035 section 4), read as far as a caller of `getaddrinfo` needs them: the code,
//! the aliases and the addresses. What else is in an answer, and after it, is not looked at, so nothing odd there can spoil it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hickory_proto::rr::Name;
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder, BinEncodable, Restrict};
use ringfence_contract::address::Family;

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
const INTERNET: u16 = 1;

const HEADER_BYTES: usize = 12;

/// The flags in the second two bytes of a header (RFC 1035 section 4.1.1).
const IS_ANSWER: u16 = 0x8000;
const OPCODE: u16 = 0x7800;
const AUTHORITATIVE: u16 = 0x0400;
const TRUNCATED: u16 = 0x0200;
const RECURSION_DESIRED: u16 = 0x0100;
const RECURSION_AVAILABLE: u16 = 0x0080;
const RCODE: u16 = 0x000f;

/// The codes of RFC 1035 section 4.1.1 that say something about a name.
const NO_ERROR: u16 = 0;
const NO_SUCH_NAME: u16 = 3;

/// An OPT record that says that answers of 1232 bytes are taken (RFC 6891 section 6.1.2): the size that crosses networks whole
/// (DNS flag day 2020).
const EDNS: [u8; 11] = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0];

/// One question.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// A number that the answer has to repeat.
    pub(super) id: u16,
    /// The name, absolute.
    pub(super) name: Name,
    /// The kind of addresses.
    pub(super) family: Family,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) says: Says,
    /// The response code as IANA's registry "DNS RCODEs" names it.
    pub(super) rcode: String,
    /// The aliases on the way, in order.
    pub(super) cnames: Vec<String>,
}

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Says {
    /// Addresses, in the order of their value.
    Addresses(Vec<IpAddr>),
    /// The name exists and has none in this family.
    NoRecords,
    /// The name does not exist.
    NoSuchName,
    /// The server knows nothing of the name: it failed, refused, or leaves it to others.
    Failed,
    /// There is more than a datagram holds.
    Truncated,
}

impl Asked {
    /// The question as bytes. It bears no OPT record unless `edns` says so: servers that fail on one are asked as plainly as
    /// glibc and musl ask by default, so there is nothing that they could fail on (RFC 6891 section 7).
    pub(super) fn to_bytes(&self, edns: bool) -> Option<Vec<u8>> {
        let numbers = [self.id, RECURSION_DESIRED, 1, 0, 0, u16::from(edns)];
        let mut bytes: Vec<u8> = numbers.into_iter().flat_map(u16::to_be_bytes).collect();
        bytes.extend(self.name.to_bytes().ok()?);
        bytes.extend([self.kind(), INTERNET].into_iter().flat_map(u16::to_be_bytes));
        bytes.extend(if edns { &EDNS[..] } else { &[] });
        Some(bytes)
    }

    fn kind(&self) -> u16 {
        match self.family {
            Family::Ipv4 => A,
            Family::Ipv6 => AAAA,
        }
    }

    /// Reads an answer. None where it is none to this question, which somebody else may have sent: another number, another
    /// question, no answer at all.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<Told> {
        let mut numbers =
            bytes.get(..HEADER_BYTES)?.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]]));
        let mut next = || numbers.next();
        let (id, flags, questions, answers) = (next()?, next()?, next()?, next()?);
        let code = flags & RCODE;
        if id != self.id || flags & IS_ANSWER == 0 || flags & OPCODE != 0 {
            return None;
        }
        let mut decoder = BinDecoder::new(bytes);
        decoder.read_slice(HEADER_BYTES).ok()?;
        match questions {
            // Who could not read a question does not repeat it.
            0 if code != NO_ERROR && code != NO_SUCH_NAME => {}
            1 => {
                let name = Name::read(&mut decoder).ok()?;
                let [kind, class] = [(); 2].map(|()| number(&mut decoder));
                if name != self.name || kind? != self.kind() || class? != INTERNET {
                    return None;
                }
            }
            _ => return None,
        }
        let says = |says, cnames| Told { says, rcode: rcode(code), cnames };
        if flags & TRUNCATED != 0 {
            return Some(says(Says::Truncated, Vec::new()));
        }
        let Some(records) = records(&mut decoder, answers) else {
            return Some(says(Says::Failed, Vec::new()));
        };
        let (cnames, addresses) = self.follow(&records);
        let told = match code {
            NO_ERROR if !addresses.is_empty() => Says::Addresses(addresses),
            // A server that neither has the zone nor asks others for it: it points to those that know.
            NO_ERROR if records.is_empty() && flags & (AUTHORITATIVE | RECURSION_AVAILABLE) == 0 => {
                Says::Failed
            }
            NO_ERROR => Says::NoRecords,
            NO_SUCH_NAME => Says::NoSuchName,
            _ => Says::Failed,
        };
        Some(says(told, cnames))
    }

    /// Follows the aliases from the name, in whatever order the records are.
    fn follow(&self, records: &[Record]) -> (Vec<String>, Vec<IpAddr>) {
        let (mut cnames, mut at) = (Vec::new(), self.name.clone());
        // Each step uses up a record, so a circle of aliases ends.
        for _ in records {
            let next = records.iter().find_map(|record| match &record.holds {
                Holds::Alias(target) if record.owner == at => Some(target.clone()),
                _ => None,
            });
            let Some(next) = next else { break };
            cnames.push(next.to_ascii().trim_end_matches('.').to_owned());
            at = next;
        }
        let of_name = records.iter().filter(|record| record.owner == at);
        let mut addresses: Vec<IpAddr> = of_name
            .filter_map(|record| match record.holds {
                Holds::Address(address) => Some(address),
                Holds::Alias(_) => None,
            })
            .filter(|address| Family::of(*address) == self.family)
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        (cnames, addresses)
    }
}

struct Record {
    owner: Name,
    holds: Holds,
}

enum Holds {
    Address(IpAddr),
    Alias(Name),
}

/// Reads the answers that are addresses or aliases, and steps over others. None where they end in the middle or hold no
/// address where one should be.
fn records(decoder: &mut BinDecoder<'_>, count: u16) -> Option<Vec<Record>> {
    let mut records = Vec::new();
    for _ in 0..count {
        let owner = Name::read(decoder).ok()?;
        let (kind, class) = (number(decoder)?, number(decoder)?);
        decoder.read_u32().ok()?;
        let length = usize::from(number(decoder)?);
        let begins = decoder.index();
        let inside = match (class, kind) {
            (INTERNET, CNAME) => {
                Some(Holds::Alias(Name::read(&mut decoder.clone(u16::try_from(begins).ok()?)).ok()?))
            }
            _ => None,
        };
        let bytes = decoder.read_slice(length).ok()?.unverified();
        let holds = match (class, kind) {
            (INTERNET, A) => Some(Holds::Address(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).into())),
            (INTERNET, AAAA) => {
                Some(Holds::Address(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into()))
            }
            _ => inside,
        };
        records.extend(holds.map(|holds| Record { owner, holds }));
    }
    Some(records)
}

fn number(decoder: &mut BinDecoder<'_>) -> Option<u16> {
    decoder.read_u16().ok().map(Restrict::unverified)
}

/// A response code as IANA's registry "DNS RCODEs" names it.
fn rcode(code: u16) -> String {
    const NAMES: [&str; 11] = [
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
        "NOTAUTH", "NOTZONE",
    ];
    let name = NAMES.get(usize::from(code)).map(|name| (*name).to_owned());
    name.unwrap_or_else(|| format!("RCODE{code}"))
}

#[cfg(test)]
#[path = "dns_message_tests.rs"]
mod tests;
