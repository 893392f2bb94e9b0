//! What is read of a certificate that the TLS library's own parser refuses: its key, its dates, its subject's names. Version 1
//! (no extensions at all), odd extensions, odd serial numbers: whatever stands around these fields is skipped unread.

use std::time::Duration;

use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode, Header, Reader, SliceReader, Tag, Tagged};
use rustls::pki_types::{SubjectPublicKeyInfoDer, UnixTime};

/// The object identifier of a common name, 2.5.4.3 (RFC 5280 appendix A.1).
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// The object identifier of an RSA key, 1.2.840.113549.1.1.1 (RFC 8017 appendix C).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// The tag of the version field. Version 1 has none (RFC 5280 section 4.1).
const VERSION: u8 = 0xa0;

/// The fields of a certificate that any version has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    validity: &'a [u8],
    subject: &'a [u8],
    key: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Reads the fields, in the order of RFC 5280 section 4.1. None where they are not there.
    pub(super) fn read(certificate: &'a [u8]) -> Option<Self> {
        let mut outer = SliceReader::new(certificate).ok()?;
        let mut fields = inside(inside(outer.tlv_bytes().ok()?)?.tlv_bytes().ok()?)?;
        if fields.peek_byte() == Some(VERSION) {
            fields.tlv_bytes().ok()?;
        }
        let [_serial, _signature, _issuer, validity, subject, key] =
            [(); 6].map(|()| fields.tlv_bytes().ok());
        Some(Self { validity: validity?, subject: subject?, key: key? })
    }

    /// The key, as the handshake's signatures are verified with it.
    pub(super) fn key(&self) -> SubjectPublicKeyInfoDer<'a> {
        SubjectPublicKeyInfoDer::from(self.key)
    }

    /// From when to when it is good.
    pub(super) fn validity(&self) -> Option<(UnixTime, UnixTime)> {
        let mut times = inside(self.validity)?;
        Some((time(times.tlv_bytes().ok()?)?, time(times.tlv_bytes().ok()?)?))
    }

    /// The common names of its subject.
    pub(super) fn common_names(&self) -> Vec<&'a str> {
        let sets = fields_in(self.subject);
        let attributes = sets.into_iter().flat_map(fields_in);
        attributes.filter_map(common_name).collect()
    }

    /// How many bits an RSA key has. None for another kind of key.
    pub(super) fn rsa_bits(&self) -> Option<usize> {
        let mut key = inside(self.key)?;
        let mut algorithm = inside(key.tlv_bytes().ok()?)?;
        if value(algorithm.tlv_bytes().ok()?)? != RSA {
            return None;
        }
        // A bit string begins with how many bits of its last byte are unused: none here.
        let (_, numbers) = value(key.tlv_bytes().ok()?)?.split_first()?;
        let modulus = value(inside(numbers)?.tlv_bytes().ok()?)?;
        let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
        let first = modulus.get(zeros)?;
        Some((modulus.len() - zeros) * 8 - first.leading_zeros() as usize)
    }
}

/// The value of a field, without its tag and length.
fn value(field: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(field).ok()?;
    let header = Header::decode(&mut reader).ok()?;
    reader.read_slice(header.length()).ok()
}

/// A reader of the fields in a field.
fn inside(field: &[u8]) -> Option<SliceReader<'_>> {
    SliceReader::new(value(field)?).ok()
}

/// The fields in a field, up to the first that is none.
fn fields_in(field: &[u8]) -> Vec<&[u8]> {
    let mut reader = inside(field);
    std::iter::from_fn(|| reader.as_mut().filter(|reader| !reader.is_finished())?.tlv_bytes().ok()).collect()
}

fn time(field: &[u8]) -> Option<UnixTime> {
    let any = AnyRef::from_der(field).ok()?;
    let since: Duration = match any.tag() {
        Tag::UtcTime => any.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        Tag::GeneralizedTime => any.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
        _ => return None,
    };
    Some(UnixTime::since_unix_epoch(since))
}

fn common_name(attribute: &[u8]) -> Option<&str> {
    let mut attribute = inside(attribute)?;
    let kind = value(attribute.tlv_bytes().ok()?)?;
    let text = value(attribute.tlv_bytes().ok()?)?;
    (kind == COMMON_NAME).then(|| std::str::from_utf8(text).ok()).flatten()
}

/// Whether a common name stands for a host. A leftmost `*` stands for one label (RFC 6125 section 6.4.3).
pub(super) fn stands_for(common_name: &str, host: &str) -> bool {
    let same =
        |one: &str, other: &str| one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'));
    match common_name.strip_prefix("*.") {
        Some(rest) => {
            rest.contains('.')
                && host.parse::<std::net::IpAddr>().is_err()
                && host.split_once('.').is_some_and(|(label, parent)| !label.is_empty() && same(parent, rest))
        }
        None => same(common_name, host),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, PublicKeyData};

    use super::*;

    #[test]
    fn what_a_certificate_says_is_read() {
        let mut params = CertificateParams::new(vec!["a.test".to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::OrganizationName, "nobody");
        params.distinguished_name.push(DnType::CommonName, "b.test");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2100, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let fields = Fields::read(certificate.der()).expect("fields");
        assert!(fields.common_names().contains(&"b.test"));
        let (from, until) = fields.validity().expect("dates");
        // 1 January 2020 and 1 January 2100, UTC.
        assert_eq!((from.as_secs(), until.as_secs()), (1_577_836_800, 4_102_444_800));
        assert_eq!(fields.key().as_ref(), key.subject_public_key_info(), "the key with its tag");
        assert_eq!(fields.rsa_bits(), None, "another kind of key");
    }

    #[test]
    fn what_is_cut_off_is_no_certificate() {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["a.test".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        for length in 0..certificate.der().len() {
            let cut = certificate.der().get(..length).expect("shorter than the whole");
            assert!(Fields::read(cut).is_none(), "{length} bytes");
        }
    }

    #[test]
    fn a_common_name_stands_for_its_host() {
        for (name, host, expected) in [
            ("app.example.test", "app.example.test", true),
            ("App.Example.Test", "app.example.test.", true),
            ("*.example.test", "app.example.test", true),
            ("*.example.test", "a.app.example.test", false),
            ("*.example.test", "example.test", false),
            ("*.test", "example.test", false),
            ("*", "localhost", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("*.0.0.1", "127.0.0.1", false),
            ("app.example", "app.example.test", false),
            ("", "app.example.test", false),
        ] {
            assert_eq!(stands_for(name, host), expected, "{name} for {host}");
        }
    }
}
