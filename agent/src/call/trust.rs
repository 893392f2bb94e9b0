//! What makes a peer's certificate good: the platform's roots, a CA beside them, or one certificate by its digest.

use std::sync::Arc;

use ringfence_contract::call::Pin;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, OtherError, RootCertStore};

use super::certificate::{Fields, stands_for};
use super::crypto::{Limit, provider};

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
    pub(super) fn look(&self, shown: &Shown<'_>) -> Result<(), Error> {
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let verifier = self.verifier.as_ref().ok_or(unknown)?;
        let Shown { end_entity, intermediates, name, now } = *shown;
        match verifier.verify_server_cert(end_entity, intermediates, name, &[], now) {
            Ok(_) => Ok(()),
            Err(error) if self.named.contains(end_entity) => named_itself(error, shown),
            Err(error) => Err(in_plain_words(error)),
        }
    }
}

/// What a peer shows in a handshake.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) end_entity: &'a CertificateDer<'a>,
    pub(super) intermediates: &'a [CertificateDer<'a>],
    /// The name it is called by.
    pub(super) name: &'a ServerName<'a>,
    pub(super) now: UnixTime,
}

/// By what a peer's certificate is good.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    /// By whom it was issued.
    Chain(Arc<Anchors>),
    /// By its digest.
    Pinned(Pin),
}

/// A certificate of version 1 has no place for names but its subject, and nothing that says what it may be used for. webpki
/// takes it as a root, and as nothing else.
fn in_plain_words(error: Error) -> Error {
    if is_webpki(&error, &webpki::Error::UnsupportedCertVersion) {
        let text = "a certificate of X.509 version 1 or 2 is good only where it is named itself, by `pin` or as the `ca`";
        return Limit(text.to_owned()).error();
    }
    error
}

pub(super) fn is_webpki(error: &Error, kind: &webpki::Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => {
            other.downcast_ref() == Some(kind)
        }
        _ => false,
    }
}

/// Naming the peer's own certificate as the one to trust is what a person does who has no CA. Then nobody has to have issued
/// it, and it may be of any version or say that it is a CA itself, as `openssl req -x509` makes them: OpenSSL takes it so
/// (`X509_V_FLAG_PARTIAL_CHAIN`, which curl sets). It is good for its names and within its dates only.
fn named_itself(error: Error, shown: &Shown<'_>) -> Result<(), Error> {
    let about_the_issuer = match &error {
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::NotValidForNameContext { .. },
        ) => true,
        error => {
            is_webpki(error, &webpki::Error::CaUsedAsEndEntity)
                || is_webpki(error, &webpki::Error::UnsupportedCertVersion)
        }
    };
    let Some(fields) = Fields::read(shown.end_entity).filter(|_| about_the_issuer) else {
        return Err(error);
    };
    let (from, until) = fields.validity().ok_or(CertificateError::BadEncoding)?;
    if shown.now < from {
        return Err(CertificateError::NotValidYetContext { time: shown.now, not_before: from }.into());
    }
    if shown.now > until {
        return Err(CertificateError::ExpiredContext { time: shown.now, not_after: until }.into());
    }
    if let Ok(parsed) = ParsedCertificate::try_from(shown.end_entity) {
        match verify_server_name(&parsed, shown.name) {
            Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext {
                presented, ..
            })) if presented.is_empty() => {}
            verified => return verified,
        }
    }
    // It names no host beside its subject, so that stands for one, as OpenSSL and curl have it (RFC 6125 section 6.4.4).
    let names = fields.common_names();
    if names.iter().any(|name| stands_for(name, &shown.name.to_str())) {
        return Ok(());
    }
    let presented = names.into_iter().map(|name| format!("CN={name}")).collect();
    Err(CertificateError::NotValidForNameContext { expected: shown.name.to_owned(), presented }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_text_without_a_certificate_is_named_as_such() {
        assert_eq!(Roots::read("").err(), Some(CaError::Empty));
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(Roots::read(broken).err(), Some(CaError::BadCertificate(1, _))));
    }
}
