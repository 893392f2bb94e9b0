//! What makes a peer's certificate good: the platform's roots, a CA beside them, or one certificate by its digest.
//!
//! The verifier writes down what it saw, so that a certificate that was not good can be shown, and, where the call says
//! so, looked past.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ringfence_contract::call::{Certificates, Pin, Trust};
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

/// What certificates are good by: roots that issue them, and those that a person named, which may be the peer's own.
#[derive(Debug, Clone)]
pub(super) struct Roots {
    store: RootCertStore,
    named: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// None at all: nothing can be good.
    pub(super) fn none() -> Self {
        Self { store: RootCertStore::empty(), named: Vec::new() }
    }

    /// What the platform trusts, and the CA text's certificates. Takes milliseconds and reads files.
    pub(super) fn load(ca: Option<&str>) -> Self {
        let mut roots = Self::none();
        let native = rustls_native_certs::load_native_certs();
        for error in &native.errors {
            tracing::warn!(%error, "some of the platform's root certificates cannot be read");
        }
        roots.store.add_parsable_certificates(native.certs);
        if let Some(Ok(more)) = ca.map(Self::read) {
            roots.add(more);
        }
        roots
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

    fn add(&mut self, more: Self) {
        self.store.extend(more.store.roots);
        self.named.extend(more.named);
    }
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

#[derive(Debug)]
enum Rule {
    /// The roots' verifier, and the certificates that a person named.
    Chain(Arc<WebPkiServerVerifier>, Vec<CertificateDer<'static>>),
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
        roots: &Roots,
        certificates: Certificates,
    ) -> Result<(Self, Notes), CaError> {
        let provider = provider();
        let chain = |roots: Roots| {
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots.store), Arc::clone(&provider))
                .build()
                .map_or(Rule::Nothing, |chain| Rule::Chain(chain, roots.named))
        };
        let rule = match trust {
            Trust::Platform => chain(roots.clone()),
            Trust::Ca(pem) => {
                let mut all = roots.clone();
                all.add(Roots::read(pem)?);
                chain(all)
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
            Rule::Chain(chain, named) => chain
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .or_else(|error| named_itself(error, named, end_entity, server_name)),
            Rule::Pinned(pinned) if *pinned == pin => Ok(ServerCertVerified::assertion()),
            Rule::Pinned(pinned) => {
                let error = OtherError(Arc::new(NotPinned { pinned: *pinned, presented: pin }));
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
