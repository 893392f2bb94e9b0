//! What makes a peer's certificate good: the platform's roots, a CA beside them, or one certificate by its digest.
//!
//! The verifier writes down what it saw, so that a certificate that was not good can be shown, and, where the call says
//! so, looked past.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ringfence_contract::call::{Certificates, Pin, Trust};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

/// Why a CA text cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaError {
    /// It is not PEM.
    #[error("it is not PEM: {0}")]
    NotPem(String),
    /// It is PEM without a certificate.
    #[error("no certificate in it, `-----BEGIN CERTIFICATE-----` is missing")]
    Empty,
    /// A certificate in it cannot be read.
    #[error("certificate {0} in it cannot be read: {1}")]
    BadCertificate(usize, String),
}

/// Reads the certificates of a PEM text into a store of their own.
pub(super) fn read_ca(pem: &str) -> Result<RootCertStore, CaError> {
    let mut store = RootCertStore::empty();
    for (at, found) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
        let certificate = found.map_err(|error| CaError::NotPem(error.to_string()))?;
        store.add(certificate).map_err(|error| CaError::BadCertificate(at + 1, error.to_string()))?;
    }
    if store.is_empty() { Err(CaError::Empty) } else { Ok(store) }
}

/// Reads what the platform trusts, and the CA text's certificates. Takes milliseconds and reads files.
pub(super) fn load_roots(ca: Option<&str>) -> RootCertStore {
    let mut store = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::warn!(%error, "some of the platform's root certificates cannot be read");
    }
    store.add_parsable_certificates(native.certs);
    if let Some(Ok(more)) = ca.map(read_ca) {
        store.extend(more.roots);
    }
    store
}

/// What a verifier saw.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// The digest of the peer's certificate.
    pub(super) pin: Option<Pin>,
    /// What is wrong with it.
    pub(super) error: Option<Error>,
}

/// Where a verifier writes down what it saw.
pub(super) type Notes = Arc<Mutex<Seen>>;

/// Reads the notes.
pub(super) fn seen(notes: &Notes) -> Seen {
    notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The certificate is not the pinned one.
#[derive(Debug)]
struct NotPinned {
    pinned: Pin,
}

impl fmt::Display for NotPinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate is not the pinned one `{}`", String::from(self.pinned))
    }
}

impl std::error::Error for NotPinned {}

#[derive(Debug)]
enum Rule {
    Chain(Arc<WebPkiServerVerifier>),
    Pinned(Pin),
    /// There is no root at all: nothing can be good.
    Nothing,
}

/// Looks at one peer's certificate by a rule, and writes down what it saw.
#[derive(Debug)]
pub(super) struct Verifier {
    rule: Rule,
    certificates: Certificates,
    provider: Arc<CryptoProvider>,
    notes: Notes,
}

/// The cryptography all calls use. Named, as the process has no default (see rustls, `CryptoProvider`).
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

impl Verifier {
    /// A verifier for one connection, and the notes it will write.
    pub(super) fn new(
        trust: &Trust,
        roots: &Arc<RootCertStore>,
        certificates: Certificates,
    ) -> Result<(Self, Notes), CaError> {
        let provider = provider();
        let chain = |roots: Arc<RootCertStore>| {
            WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
                .build()
                .map_or(Rule::Nothing, Rule::Chain)
        };
        let rule = match trust {
            Trust::Platform => chain(Arc::clone(roots)),
            Trust::Ca(pem) => {
                let mut all = RootCertStore::clone(roots);
                all.extend(read_ca(pem)?.roots);
                chain(Arc::new(all))
            }
            Trust::Pin(pin) => Rule::Pinned(*pin),
        };
        let notes = Notes::default();
        Ok((Self { rule, certificates, provider, notes: Arc::clone(&notes) }, notes))
    }

    /// Writes down what is wrong, and ends the handshake if the call wants that.
    fn conclude<T>(&self, looked: Result<T, Error>, past: T) -> Result<T, Error> {
        let Err(error) = looked else { return looked };
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).error.get_or_insert_with(|| error.clone());
        match self.certificates {
            Certificates::Require => Err(error),
            Certificates::Note => Ok(past),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let pin = Pin::new(Sha256::digest(end_entity).into());
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).pin = Some(pin);
        let looked = match &self.rule {
            Rule::Chain(chain) => {
                chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            Rule::Pinned(pinned) if *pinned == pin => Ok(ServerCertVerified::assertion()),
            Rule::Pinned(pinned) => {
                let error = OtherError(Arc::new(NotPinned { pinned: *pinned }));
                Err(Error::InvalidCertificate(CertificateError::Other(error)))
            }
            Rule::Nothing => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        };
        self.conclude(looked, ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let looked =
            verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms);
        self.conclude(looked, HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let looked =
            verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms);
        self.conclude(looked, HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_text_without_a_certificate_is_named_as_such() {
        assert_eq!(read_ca("").err(), Some(CaError::Empty));
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(read_ca(broken).err(), Some(CaError::BadCertificate(1, _))));
    }
}
