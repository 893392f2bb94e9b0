//! Looks at one peer's certificate by a rule, and writes down what it saw, so that a certificate that was not good can be
//! shown, and, where the call says so, looked past.
//!
//! A pinned certificate is good whatever is in it: only the handshake's signature has to be its key's. So the key is taken
//! out of it without a look at the rest.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ringfence_contract::call::{Certificates, Pin};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::verify_tls13_signature_with_raw_key;
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, PeerMisbehaved, SignatureScheme};
use sha2::{Digest, Sha256};

use super::certificate::Fields;
use super::crypto::{Limit, any_signature, provider, told_apart, verified};
use super::trust::{Rule, Shown};

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
pub(super) struct NotPinned {
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
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let pin = Pin::new(Sha256::digest(end_entity).into());
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).pin = Some(pin);
        let looked = match &self.rule {
            Rule::Chain(anchors) => {
                let shown = Shown { end_entity, intermediates, name: server_name, now };
                anchors.look(&shown).map(|()| ServerCertVerified::assertion())
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
        let looked = signed(cert, dss, |key| verify_tls12(message, key, dss));
        self.conclude(looked, HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &provider().signature_verification_algorithms;
        let looked =
            signed(cert, dss, |key| verify_tls13_signature_with_raw_key(message, key, dss, algorithms));
        self.conclude(looked, HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        match self.certificates {
            Certificates::Require => verified(),
            Certificates::Note => any_signature(),
        }
    }
}

/// Takes the key out of a certificate and has a signature verified with it.
fn signed(
    certificate: &CertificateDer<'_>,
    dss: &DigitallySignedStruct,
    verify: impl FnOnce(&SubjectPublicKeyInfoDer<'_>) -> Result<HandshakeSignatureValid, Error>,
) -> Result<HandshakeSignatureValid, Error> {
    let fields = Fields::read(certificate).ok_or(CertificateError::BadEncoding)?;
    verify(&fields.key()).map_err(|error| told_apart(error, dss.scheme, &fields))
}

/// What rustls does with a certificate's key (`verify_tls12_signature`), with the key alone: every algorithm of the scheme is
/// tried until one is for this kind of key.
fn verify_tls12(
    message: &[u8],
    key: &SubjectPublicKeyInfoDer<'_>,
    dss: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let provider = provider();
    let mut mapping = provider.signature_verification_algorithms.mapping.iter();
    let unknown = PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme;
    let (_, algorithms) = mapping.find(|(scheme, _)| *scheme == dss.scheme).ok_or(unknown)?;
    let key = webpki::RawPublicKeyEntity::try_from(key).map_err(|_| CertificateError::BadEncoding)?;
    for algorithm in *algorithms {
        match key.verify_signature(*algorithm, message, dss.signature()) {
            Ok(()) => return Ok(HandshakeSignatureValid::assertion()),
            Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
            Err(_) => return Err(CertificateError::BadSignature.into()),
        }
    }
    Err(Limit("it cannot verify a signature by the certificate's key".to_owned()).error())
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
}
