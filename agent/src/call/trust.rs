//! What makes a peer's certificate good: the platform's roots, a CA beside them, or one certificate by its digest.
//!
//! The verifier writes down what it saw, so that a certificate that was not good can be shown, and, where the call says
//! so, looked past.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use ringfence_contract::call::{Certificates, Pin};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
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

/// The certificates that a CA text names, and roots that issue others.
#[derive(Debug, Clone)]
pub(super) struct Roots {
    store: RootCertStore,
    named: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// What the platform trusts, and the CA text's certificates. Takes milliseconds and reads files.
    pub(super) fn load(ca: Option<&str>) -> Self {
        let native = rustls_native_certs::load_native_certs();
        for error in &native.errors {
            tracing::warn!(%error, "some of the platform's root certificates cannot be read");
        }
        let mut roots = Self::none();
        roots.store.add_parsable_certificates(native.certs);
        match ca.map(Self::read) {
            Some(Ok(more)) => roots.with(more),
            _ => roots,
        }
    }

    /// None at all: nothing can be good.
    pub(super) fn none() -> Self {
        Self { store: RootCertStore::empty(), named: Vec::new() }
    }

    /// Reads the certificates of a PEM text.
    pub(super) fn read(pem: &str) -> Result<Self, CaError> {
        let mut roots = Self::none();
        for (at, found) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
            let certificate = found.map_err(|error| CaError::NotPem(error.to_string()))?;
            let unreadable = |error: Error| CaError::BadCertificate(at + 1, error.to_string());
            roots.store.add(certificate.clone()).map_err(unreadable)?;
            roots.named.push(certificate);
        }
        if roots.named.is_empty() { Err(CaError::Empty) } else { Ok(roots) }
    }

    /// These and more.
    pub(super) fn with(mut self, more: Self) -> Self {
        self.store.extend(more.store.roots);
        self.named.extend(more.named);
        self
    }
}

/// What a chain of certificates is held against: the roots' verifier, and the certificates that a person named, which may be
/// the peer's own. Making one costs more than a handshake; any number of calls share it.
#[derive(Debug)]
pub(super) struct Anchors {
    /// None where there is no root at all: nothing can be good.
    verifier: Option<Arc<WebPkiServerVerifier>>,
    named: Vec<CertificateDer<'static>>,
}

impl Anchors {
    pub(super) fn of(roots: Roots) -> Self {
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots.store), provider());
        Self { verifier: builder.build().ok(), named: roots.named }
    }

    /// Has the roots' verifier look, and then at those certificates that were named.
    fn look(
        &self,
        end_entity: &CertificateDer<'_>,
        name: &ServerName<'_>,
        at: impl FnOnce(&WebPkiServerVerifier) -> Result<ServerCertVerified, Error>,
    ) -> Result<ServerCertVerified, Error> {
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let verifier = self.verifier.as_ref().ok_or(unknown)?;
        at(verifier).or_else(|error| named_itself(error, &self.named, end_entity, name))
    }
}

/// By what a peer's certificate is good.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    /// By whom it was issued.
    Chain(Arc<Anchors>),
    /// By its digest.
    Pinned(Pin),
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
struct NotPinned {
    pinned: Pin,
    presented: Pin,
}

impl fmt::Display for NotPinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (presented, pinned) = (String::from(self.presented), String::from(self.pinned));
        write!(f, "the certificate `{presented}` is not the pinned one `{pinned}`")
    }
}

/// The same words: rustls shows an error of ours by its `Debug`.
impl fmt::Debug for NotPinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for NotPinned {}

/// Looks at one peer's certificate by a rule, and writes down what it saw.
#[derive(Debug)]
pub(super) struct Verifier {
    rule: Rule,
    certificates: Certificates,
    notes: Notes,
}

/// The cryptography all calls use. Named, as the process has no default (see rustls, `CryptoProvider`).
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));
    Arc::clone(&PROVIDER)
}

impl Verifier {
    /// A verifier for one connection, and the notes it will write.
    pub(super) fn new(rule: Rule, certificates: Certificates) -> (Self, Notes) {
        let notes = Notes::default();
        (Self { rule, certificates, notes: Arc::clone(&notes) }, notes)
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
            Rule::Chain(anchors) => {
                let chain = |verifier: &WebPkiServerVerifier| {
                    verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                };
                anchors.look(end_entity, server_name, chain)
            }
            Rule::Pinned(pinned) if *pinned == pin => Ok(ServerCertVerified::assertion()),
            Rule::Pinned(pinned) => {
                let error = OtherError(Arc::new(NotPinned { pinned: *pinned, presented: pin }));
                Err(Error::InvalidCertificate(CertificateError::Other(error)))
            }
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
            verify_tls12_signature(message, cert, dss, &provider().signature_verification_algorithms);
        self.conclude(looked, HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let looked =
            verify_tls13_signature(message, cert, dss, &provider().signature_verification_algorithms);
        self.conclude(looked, HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A self-signed certificate that says it is a CA, as `openssl req -x509` makes them, is no peer's certificate to
/// webpki even where it was named as trusted. Naming it is what a person does who has no CA: it is good for its names
/// all the same. Its dates are: webpki looks at them before it looks at what a certificate may be used for.
fn named_itself(
    error: Error,
    named: &[CertificateDer<'static>],
    end_entity: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
) -> Result<ServerCertVerified, Error> {
    let is_ca = match &error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => {
            other.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
        }
        _ => false,
    };
    if !is_ca || !named.iter().any(|named| named == end_entity) {
        return Err(error);
    }
    verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
    Ok(ServerCertVerified::assertion())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_is_not_the_pinned_one_is_named_with_it_in_plain_words() {
        let error = NotPinned { pinned: Pin::new([1; 32]), presented: Pin::new([2; 32]) };
        let (pinned, presented) = ("01".repeat(32), "02".repeat(32));
        let words = format!("the certificate `sha256:{presented}` is not the pinned one `sha256:{pinned}`");
        assert_eq!(error.to_string(), words);
        assert_eq!(format!("{error:?}"), words);
        let shown =
            Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error)))).to_string();
        assert!(shown.contains(&words), "{shown}");
    }

    #[test]
    fn a_ca_text_without_a_certificate_is_named_as_such() {
        assert_eq!(Roots::read("").err(), Some(CaError::Empty));
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(Roots::read(broken).err(), Some(CaError::BadCertificate(1, _))));
    }
}
