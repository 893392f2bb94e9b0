//! Certificates good and bad, made at run time by an authority nobody knows.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};

/// An authority that issues certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// When a certificate is good.
#[derive(Debug, Clone, Copy)]
pub enum Validity {
    /// From 2020 to 2100.
    Now,
    /// Until 2021.
    Past,
    /// From 2099.
    Future,
}

impl Authority {
    /// A fresh one.
    ///
    /// # Panics
    ///
    /// When the library cannot make a certificate.
    #[must_use]
    pub fn new() -> Self {
        Self::named("an authority made for a test")
    }

    /// A fresh one of this name, which another may have as well.
    ///
    /// # Panics
    ///
    /// When the library cannot make a certificate.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its own certificate, as PEM: what a caller trusts.
    #[must_use]
    pub fn pem(&self) -> String {
        self.pem.clone()
    }

    /// A certificate of this authority for some names and addresses, and its key, both as PEM: what other programs'
    /// servers read.
    ///
    /// # Panics
    ///
    /// When the library cannot make a certificate.
    #[must_use]
    pub fn issue(&self, names: &[&str], validity: Validity) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let certificate = params(names, validity).signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    /// The settings of a server with a certificate of this authority for a name or address.
    ///
    /// # Panics
    ///
    /// When the library cannot make a certificate.
    #[must_use]
    pub fn server(&self, name: &str, validity: Validity, alpn: &[&str]) -> Arc<ServerConfig> {
        let anybody = Arc::new(rustls::server::NoClientAuth);
        self.serving(name, validity, alpn, anybody)
    }

    /// The same, good now, for a server that demands a certificate of its caller.
    ///
    /// # Panics
    ///
    /// When the library cannot make a certificate.
    #[must_use]
    pub fn demanding_server(&self, name: &str) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("a certificate");
        roots.add(own).expect("a certificate of an authority");
        let provider = Arc::new(ring::default_provider());
        let known = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        self.serving(name, Validity::Now, &[], known.expect("a verifier"))
    }

    /// A certificate for a name, good now, and its key, both as PEM: what a program reads from files.
    ///
    /// # Panics
    ///
    /// When the library cannot make a certificate.
    #[must_use]
    pub fn issue_pem(&self, name: &str) -> (String, String) {
        self.issue(&[name], Validity::Now)
    }

    /// The settings of a server with a certificate of this authority for a name, good now, and that certificate as PEM.
    ///
    /// # Panics
    ///
    /// When the library cannot make a certificate.
    #[must_use]
    pub fn server_and_pem(&self, name: &str) -> (Arc<ServerConfig>, String) {
        let key = KeyPair::generate().expect("a key");
        let certificate =
            params(&[name], Validity::Now).signed_by(&key, &self.issuer).expect("a certificate");
        let config = config(&certificate, &key, Arc::new(rustls::server::NoClientAuth));
        (Arc::new(config), certificate.pem())
    }

    fn serving(
        &self,
        name: &str,
        validity: Validity,
        alpn: &[&str],
        callers: Arc<dyn ClientCertVerifier>,
    ) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("a key");
        let certificate = params(&[name], validity).signed_by(&key, &self.issuer).expect("a certificate");
        let mut config = config(&certificate, &key, callers);
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}

/// The pin of a certificate in PEM, as scenarios write it.
///
/// # Panics
///
/// When the text is no certificate.
#[must_use]
pub fn pin_of(pem: &str) -> String {
    pin(&CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate"))
}

/// The pin of a certificate, as scenarios write it.
#[must_use]
pub fn pin(certificate: &CertificateDer<'_>) -> String {
    format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(certificate)))
}

/// The settings of a server whose certificate is self-signed and calls itself an authority's, as `openssl req -x509`
/// makes them, and that certificate as PEM.
///
/// # Panics
///
/// When the library cannot make a certificate.
#[must_use]
pub fn self_signed(name: &str, validity: Validity) -> (Arc<ServerConfig>, String) {
    let mut params = params(&[name], validity);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    (Arc::new(config(&certificate, &key, Arc::new(rustls::server::NoClientAuth))), certificate.pem())
}

pub(crate) fn params(names: &[&str], validity: Validity) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    (params.not_before, params.not_after) = match validity {
        Validity::Now => (date_time_ymd(2020, 1, 1), date_time_ymd(2100, 1, 1)),
        Validity::Past => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1)),
        Validity::Future => (date_time_ymd(2099, 1, 1), date_time_ymd(2100, 1, 1)),
    };
    params
}

fn config(certificate: &Certificate, key: &KeyPair, callers: Arc<dyn ClientCertVerifier>) -> ServerConfig {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(callers)
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate and its key")
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
