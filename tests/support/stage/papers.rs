//! The certificates that doors show.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{KeyPair, PublicKeyData, SigningKey};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use crate::certificates::{Authority, Validity, pin};

/// The names that good certificates are for.
const NAMES: [&str; 5] = [
    "*.example.test",
    "*.scm.example.test",
    "*.azurewebsites.test",
    "*.scm.azurewebsites.test",
    "*.scm.westeurope-01.azurewebsites.net",
];

/// What a door shows of itself, or does instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Paper {
    /// A certificate of the stage's authority for every name in use.
    Good,
    /// One of the stage's authority for another name.
    OtherName,
    /// One that has expired.
    Expired,
    /// One for the right name, of an authority nobody knows: an inspecting proxy's.
    Stranger,
    /// One of X.509 version 1, as old tools make them: without extensions, and so without names that count.
    Version1,
    /// None: the handshake ends with this alert (RFC 8446 section 6.2): 40 `handshake_failure`, 70 `protocol_version`.
    Alert(u8),
    /// None: nothing is said.
    Silence,
}

/// All certificates of a stage.
pub(super) struct Papers {
    ca: String,
    shown: HashMap<Paper, Arc<CertifiedKey>>,
    configs: Mutex<Configs>,
}

/// Settings of servers, by what they show and which protocols they offer.
type Configs = HashMap<(Paper, Vec<&'static str>), Arc<ServerConfig>>;

impl Papers {
    /// Makes them.
    pub(super) fn new() -> Self {
        let (own, other) = (Authority::new(), Authority::named("an authority nobody knows"));
        let shown = HashMap::from([
            (Paper::Good, issued(&own, &NAMES, Validity::Now)),
            (Paper::OtherName, issued(&own, &["another.example"], Validity::Now)),
            (Paper::Expired, issued(&own, &NAMES, Validity::Past)),
            (Paper::Stranger, issued(&other, &NAMES, Validity::Now)),
            (Paper::Version1, version_1()),
        ]);
        Self { ca: own.pem(), shown, configs: Mutex::default() }
    }

    /// The authority's own certificate, as PEM.
    pub(super) fn ca(&self) -> &str {
        &self.ca
    }

    /// The pin of a paper, as scenarios write it.
    pub(super) fn pin(&self, paper: Paper) -> String {
        pin(self.shown[&paper].cert.first().expect("a certificate"))
    }

    /// The settings of a server that shows a paper.
    pub(super) fn config(&self, paper: Paper, alpn: &[&'static str]) -> Arc<ServerConfig> {
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        let made = configs.entry((paper, alpn.to_vec())).or_insert_with(|| {
            let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("versions")
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&self.shown[&paper]))));
            config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
            Arc::new(config)
        });
        Arc::clone(made)
    }
}

fn issued(authority: &Authority, names: &[&str], validity: Validity) -> Arc<CertifiedKey> {
    let (certificate, key) = authority.issue(names, validity);
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate");
    certified(certificate, PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key"))
}

fn certified(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Arc<CertifiedKey> {
    let key = ring::default_provider().key_provider.load_private_key(key).expect("a key that signs");
    Arc::new(CertifiedKey::new(vec![certificate], key))
}

/// A certificate without version and extensions (RFC 5280 section 4.1), which no library of today makes.
fn version_1() -> Arc<CertifiedKey> {
    let key = KeyPair::generate().expect("a key");
    // ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758 section 3.2).
    let algorithm = der(0x30, &[&[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]]);
    let name = der(0x0c, &[b"app.example.test"]);
    let common_name = der(0x30, &[&[0x06, 3, 0x55, 4, 3], &name]);
    let name = der(0x30, &[&der(0x31, &[&common_name])]);
    let validity = der(0x30, &[&der(0x17, &[b"200101000000Z"]), &der(0x17, &[b"491231235959Z"])]);
    let serial = der(0x02, &[&[1]]);
    let words = der(0x30, &[&serial, &algorithm, &name, &validity, &name, &key.subject_public_key_info()]);
    let signature = key.sign(&words).expect("a signature");
    let signature = der(0x03, &[&[0], &signature]);
    let certificate = CertificateDer::from(der(0x30, &[&words, &algorithm, &signature]));
    certified(certificate, PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())))
}

/// A value in DER (X.690 section 8.1): its tag, its length, its parts.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).expect("a short value").to_be_bytes();
    let length = match length {
        [0, short @ 0..128] => vec![short],
        [0, long] => vec![0x81, long],
        [high, low] => vec![0x82, high, low],
    };
    [&[tag][..], &length, &content].concat()
}
