//! Single values: what a scalar has to be, and what to do where it is not. This file must not know which key a value
//! belongs to, but for saying it.

use std::net::IpAddr;

use ipnet::IpNet;
use ringfence_contract::address::{Address, AddressError};
use ringfence_contract::call::{Pin, Trust};
use ringfence_contract::name::AgentName;
use ringfence_contract::quantity::read_time;

use super::understand::Meaning;
use crate::scenario::fault::Fault;
use crate::scenario::mistake::Mistake;
use crate::scenario::suggest;
use crate::scenario::text::{Known, Scalar};
use crate::scenario::words::{self, SERVICE_ENDPOINT};

/// The largest CA file, in bytes: it travels in every order, and a chain takes some 6 KiB.
const CA_MAX_BYTES: u64 = 64 * 1024;

/// What was written is wrong, and that has been reported.
#[derive(Debug)]
pub(super) struct Reported;

impl Meaning<'_> {
    /// Reads a scalar whose text is known. One whose text is not has its fault already.
    pub(super) fn value<T>(
        &mut self,
        scalar: &Scalar,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        match scalar.known {
            Known::Reported => None,
            Known::Yes => read(&scalar.text).map_err(|fault| self.fault(fault)).ok(),
        }
    }

    /// Reads what may be left out. Left out is fine; written and wrong is not.
    pub(super) fn maybe<S: ?Sized, T>(
        &mut self,
        written: Option<&S>,
        read: impl FnOnce(&mut Self, &S) -> Option<T>,
    ) -> Result<Option<T>, Reported> {
        match written {
            None => Ok(None),
            Some(written) => read(self, written).map(Some).ok_or(Reported),
        }
    }

    pub(super) fn name(&mut self, scalar: &Scalar) -> Option<AgentName> {
        self.value(scalar, |text| {
            text.parse().map_err(|error| {
                let help = "choose a name of letters, digits, `-`, `_` and `.`; reports and rules use it";
                Fault::at(scalar.written.clone(), Mistake::Name(error)).help(help)
            })
        })
    }

    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        scalar: &Scalar,
        known: &'static [(&'static str, T)],
    ) -> Option<T> {
        self.value(scalar, |text| {
            let found = known.iter().find(|(word, _)| *word == text);
            found.map(|(_, meaning)| *meaning).ok_or_else(|| {
                let help = match suggest::closest(text, words::texts(known)) {
                    Some(word) => format!("did you mean `{word}`?"),
                    None => format!("write one of {}", suggest::listed(words::texts(known))),
                };
                Fault::at(scalar.written.clone(), Mistake::Word { key, text: text.to_owned() }).help(help)
            })
        })
    }

    /// A list of words, each kept once.
    pub(super) fn words<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        scalars: &[Scalar],
        known: &'static [(&'static str, T)],
    ) -> Vec<T> {
        let mut meanings = Vec::with_capacity(scalars.len());
        for scalar in scalars {
            let meaning = self.word(key, scalar, known);
            meanings.extend(meaning.filter(|meaning| !meanings.contains(meaning)));
        }
        meanings
    }

    pub(super) fn number(&mut self, key: &'static str, scalar: &Scalar, min: u32, max: u32) -> Option<u32> {
        self.value(scalar, |text| {
            let number = text.parse().ok().filter(|number| (min..=max).contains(number));
            number.ok_or_else(|| {
                let mistake = Mistake::Number { key, min, max, text: text.to_owned() };
                Fault::at(scalar.written.clone(), mistake)
                    .help(format!("write a number from {min} to {max}, in digits"))
            })
        })
    }

    /// A duration with a unit, in milliseconds.
    pub(super) fn duration_ms(
        &mut self,
        key: &'static str,
        scalar: &Scalar,
        min: u32,
        max: u32,
    ) -> Option<u32> {
        let least = if min == 0 { "0ms" } else { "1ms" };
        self.value(scalar, |text| {
            let whole = read_time(text).filter(|time| time.subsec_nanos().is_multiple_of(1_000_000));
            let ms = whole.ok_or_else(|| not_duration(key, scalar))?.as_millis();
            let ms = u32::try_from(ms).ok().filter(|ms| (min..=max).contains(ms));
            ms.ok_or_else(|| {
                let max = format!("{}s", max / 1_000);
                let help = format!("write a duration from {least} to {max}");
                let mistake = Mistake::DurationRange { key, min: least, max, text: text.to_owned() };
                Fault::at(scalar.written.clone(), mistake).help(help)
            })
        })
    }

    pub(super) fn address(&mut self, scalar: &Scalar) -> Option<Address> {
        self.value(scalar, |text| text.parse().map_err(|error| not_address(error, scalar)))
    }

    pub(super) fn ip(&mut self, scalar: &Scalar) -> Option<IpAddr> {
        self.value(scalar, |text| {
            text.parse().map_err(|_| {
                let mistake = Mistake::Ip { text: text.to_owned() };
                let help =
                    "write an address, not a name: `10.0.0.4` or `fd00::4`, without a port or brackets";
                Fault::at(scalar.written.clone(), mistake).help(help)
            })
        })
    }

    /// A network of a zone, or an address (the network of it alone). The zone may list `service-endpoint` as well.
    pub(super) fn network(&mut self, scalar: &Scalar) -> Option<IpNet> {
        self.value(scalar, |_| read_network(scalar, [SERVICE_ENDPOINT].into_iter()))
    }

    /// What makes a certificate good: a CA file, a pin, or what the calling host trusts.
    pub(super) fn trust(&mut self, ca: Option<&Scalar>, pin: Option<&Scalar>) -> Option<Trust> {
        match (ca, pin) {
            (None, None) => Some(Trust::Platform),
            (Some(ca), None) => self.ca(ca).map(Trust::Ca),
            (None, Some(pin)) => self.pin(pin).map(Trust::Pin),
            (Some(ca), Some(pin)) => {
                let fault = Fault::at(pin.span.clone(), Mistake::TwoTrusts)
                    .label("a pin")
                    .and(ca.span.clone(), "a CA");
                self.fault(
                    fault.help("keep the pin for one certificate known beforehand, the CA for all it signs"),
                );
                None
            }
        }
    }

    fn pin(&mut self, scalar: &Scalar) -> Option<Pin> {
        self.value(scalar, |text| {
            text.parse().map_err(|reason| {
                let mistake = Mistake::Pin { text: text.to_owned(), reason };
                let help =
                    "write `sha256:` and the 64 hex digits that `openssl x509 -fingerprint -sha256` prints";
                Fault::at(scalar.written.clone(), mistake).help(help)
            })
        })
    }

    fn ca(&mut self, scalar: &Scalar) -> Option<String> {
        let path = self.base.join(&scalar.text);
        self.value(scalar, |_| {
            let fault = |mistake| Fault::at(scalar.written.clone(), mistake);
            let shown = scalar.text.clone();
            read_bounded(&path)
                .map_err(|reason| {
                    let mistake = Mistake::CaUnreadable { path: shown.clone(), reason: reason.to_string() };
                    fault(mistake).help("the path is relative to the scenario file's folder")
                })
                .and_then(|text| match text {
                    None => {
                        let help = "keep only the certificates that sign, not a whole system's";
                        Err(fault(Mistake::CaTooLarge { path: shown.clone(), limit: CA_MAX_BYTES })
                            .help(help))
                    }
                    Some(text) if !text.contains("-----BEGIN CERTIFICATE-----") => {
                        let help =
                            "give a PEM file: `openssl x509 -inform der -in ca.der -out ca.pem` makes one";
                        Err(fault(Mistake::CaNotPem { path: shown.clone() }).help(help))
                    }
                    Some(text) => Ok(text),
                })
        })
    }
}

/// A network, or an address (the network of it alone). `words` are what may be written instead.
pub(super) fn read_network(
    scalar: &Scalar,
    words: impl Iterator<Item = &'static str> + Clone,
) -> Result<IpNet, Fault> {
    let text = &scalar.text;
    let fault = |mistake| Fault::at(scalar.written.clone(), mistake);
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let network: IpNet = text.parse().map_err(|_| {
        let help = match suggest::closest(text, words.clone()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => network_or(words),
        };
        fault(Mistake::Network { text: text.clone() }).help(help)
    })?;
    if network.trunc() != network {
        let help = format!(
            "write `{}` for the network, or `{}` for the address alone",
            network.trunc(),
            network.addr()
        );
        return Err(fault(Mistake::HostBits { text: text.clone() }).help(help));
    }
    Ok(network)
}

fn network_or(words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, others)) if !others.is_empty() => {
            format!("write a CIDR (`10.0.1.0/24`), an address, {} or {last}", others.join(", "))
        }
        _ => format!("write a CIDR (`10.0.1.0/24`), an address, or {}", words.concat()),
    }
}

fn not_address(error: AddressError, scalar: &Scalar) -> Fault {
    let help = match error {
        AddressError::NoPort(transport) => format!("add the port: `{transport}://HOST:PORT`"),
        AddressError::Credentials => "remove them: agents are known by keys, not passwords".to_owned(),
        AddressError::Path(_) => "end it behind the port".to_owned(),
        AddressError::Fragment => "leave out `#` and what follows, or write `%23`".to_owned(),
        AddressError::Character(_) => "percent-encode it: a URL is called as it is written".to_owned(),
        AddressError::NotUrl(_) | AddressError::Scheme(_) | AddressError::NoHost => {
            "write `https://HOST`, `http://HOST:PORT`, `tcp://HOST:PORT` or `udp://HOST:PORT`".to_owned()
        }
    };
    Fault::at(scalar.written.clone(), Mistake::Address(error)).help(help)
}

pub(super) fn not_duration(key: &'static str, scalar: &Scalar) -> Fault {
    let text = &scalar.text;
    let bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let help = if bare {
        format!("add the unit: `{text}ms` or `{text}s`")
    } else {
        "write a number and `ms` or `s`: `200ms`, `3.5s`".to_owned()
    };
    Fault::at(scalar.written.clone(), Mistake::Duration { key, text: text.clone() }).help(help)
}

/// A file's text with what is not UTF-8 replaced; none where it is larger than [`CA_MAX_BYTES`].
fn read_bounded(path: &std::path::Path) -> std::io::Result<Option<String>> {
    use std::io::Read as _;

    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(CA_MAX_BYTES + 1).read_to_end(&mut bytes)?;
    let fits = bytes.len() as u64 <= CA_MAX_BYTES;
    Ok(fits.then(|| String::from_utf8_lossy(&bytes).into_owned()))
}
