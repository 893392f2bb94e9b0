//! Certificates that OpenSSL makes and takes, and that a strict parser refuses.

use std::sync::Arc;

use der::{Header, Reader, SliceReader};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, SigningKey};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, SupportedProtocolVersion};

use crate::certificates::{Validity, params};

/// What is odd about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// Version 1, as `openssl x509 -req` makes them without extensions.
    Version1,
    /// Version 2, with a unique identifier of its subject.
    Version2,
    /// A negative serial number.
    NegativeSerial,
    /// Basic constraints that are none.
    BrokenExtension,
    /// A critical extension that nobody knows.
    UnknownExtension,
    /// No alternative names, as `openssl req -x509 -subj` makes them.
    NoNames,
    /// Nothing.
    None,
}

/// A certificate that signed itself, and its key.
#[derive(Debug)]
pub struct Odd {
    der: CertificateDer<'static>,
    key: KeyPair,
}

impl Odd {
    /// One whose subject has this common name, and which has this name alone where it can have names.
    ///
    /// # Panics
    ///
    /// When the library cannot make a certificate.
    #[must_use]
    pub fn new(oddity: Oddity, name: &str, validity: Validity) -> Self {
        let names: &[&str] = if oddity == Oddity::NoNames { &[] } else { &[name] };
        let mut params: CertificateParams = params(names, validity);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        let sound = params.self_signed(&key).expect("a certificate");
        let der = CertificateDer::from(bend(oddity, sound.der(), &key));
        Self { der, key }
    }

    /// The certificate, as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        let text = data_encoding::BASE64.encode(&self.der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    /// The settings of a server that shows it and has its key.
    ///
    /// # Panics
    ///
    /// When the library takes no such version.
    #[must_use]
    pub fn server(&self, version: &'static SupportedProtocolVersion) -> Arc<ServerConfig> {
        self.server_with(&self.key, version)
    }

    /// The settings of a server that shows it and has another key.
    ///
    /// # Panics
    ///
    /// When the library takes no such version.
    #[must_use]
    pub fn impostor(&self, version: &'static SupportedProtocolVersion) -> Arc<ServerConfig> {
        self.server_with(&KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key"), version)
    }

    fn server_with(&self, key: &KeyPair, version: &'static SupportedProtocolVersion) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = ring::sign::any_supported_type(&key).expect("a key that signs");
        // Not `with_single_cert`, which reads the certificate.
        let shown = SingleCertAndKey::from(CertifiedKey::new(vec![self.der.clone()], key));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .expect("a version")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(shown));
        Arc::new(config)
    }
}

/// Takes a certificate apart (RFC 5280 section 4.1), bends it, and signs it again.
fn bend(oddity: Oddity, sound: &[u8], key: &KeyPair) -> Vec<u8> {
    let [signed, algorithm, _signature] = fields(sound).try_into().expect("three fields");
    let mut parts = fields(&signed);
    // A certificate without names has no extension.
    let extensions = if parts.len() > 7 { parts.remove(7) } else { Vec::new() };
    let [version, serial, inner, issuer, validity, subject, public] =
        parts.try_into().expect("the fields of version 3");
    let same = [inner, issuer, validity, subject, public];
    let (before, after) = match oddity {
        Oddity::Version1 => (vec![serial], vec![]),
        Oddity::Version2 => (vec![vec![0xa0, 3, 2, 1, 1], serial], vec![vec![0x82, 2, 0, 7]]),
        Oddity::NegativeSerial => (vec![version, vec![2, 1, 0xff]], vec![extensions]),
        Oddity::BrokenExtension => (vec![version, serial], vec![extension(&[6, 3, 0x55, 0x1d, 0x13], &[])]),
        Oddity::UnknownExtension => {
            (vec![version, serial], vec![extension(&[6, 3, 0x2a, 3, 4], &[1, 1, 0xff])])
        }
        Oddity::NoNames | Oddity::None => (vec![version, serial], vec![extensions]),
    };
    let signed = field(0x30, &[before.concat(), same.concat(), after.concat()].concat());
    let mut signature = vec![0];
    signature.extend(key.sign(&signed).expect("a signature"));
    field(0x30, &[signed, algorithm, field(3, &signature)].concat())
}

/// The extensions' field, with one extension in it that holds a byte of nothing.
fn extension(name: &[u8], critical: &[u8]) -> Vec<u8> {
    let one = field(0x30, &[name, critical, &field(4, &[0x42])].concat());
    field(0xa3, &field(0x30, &one))
}

/// A field of this tag and value.
fn field(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(value.len()).expect("a short value").to_be_bytes();
    let head = match value.len() {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head.as_slice(), value].concat()
}

/// The fields inside a field, each with its tag and length.
fn fields(outer: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = SliceReader::new(outer).expect("a short field");
    <Header as der::Decode>::decode(&mut reader).expect("a tag and a length");
    let mut fields = Vec::new();
    while !reader.is_finished() {
        fields.push(reader.tlv_bytes().expect("a field").to_vec());
    }
    fields
}
