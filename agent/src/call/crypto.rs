//! The cryptography of all handshakes, and what it cannot do.
//!
//! It is `ring`. Measured on two processors in a release build of the agent: 5.82 MB and 203 s with `ring`, 7.89 MB and 209 s
//! with `aws-lc-rs`, which is more than the 6 MB an agent may have. Of what servers were found to want that `ring` lacks,
//! `aws-lc-rs` reads one thing more: certificates with P-521 keys. Neither has P-521 or X448 key exchange, RSA or DHE key
//! exchange, CBC suites, TLS 1.1, Ed448, or RSA keys below 2048 bits. So all that is told as a limit of Ringfence.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use rustls::crypto::{CryptoProvider, ring};
use rustls::{CertificateError, Error, OtherError, PeerMisbehaved, SignatureScheme};

use super::certificate::Fields;

/// What a handshake offers, for people: a peer that speaks none of it cannot be called by TLS.
pub(super) const OFFERED: &str = "TLS 1.3 and 1.2 with ECDHE over X25519, P-256 or P-384, AES-GCM or ChaCha20-Poly1305, \
    and signatures by RSA, Ed25519, or ECDSA over P-256 or P-384";

/// The sizes of RSA keys whose signatures are verified, in bits (`RSA_PKCS1_2048_8192_*` and `RSA_PSS_2048_8192_*` in `ring`).
const RSA_BITS: RangeInclusive<usize> = 2_048..=8_192;

/// Signatures that are not verified: P-521, Ed448, RSA keys for PSS alone, Brainpool curves (RFC 8734), ML-DSA, SHA-1; in
/// the order of RFC 8446 section 4.2.3, SHA-1 last. Offered where a call goes on in spite of a bad certificate: a server that
/// can make no other signature would end the handshake, and hide an open path.
const UNVERIFIED: [SignatureScheme; 13] = [
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED448,
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
    SignatureScheme::Unknown(0x081a),
    SignatureScheme::Unknown(0x081b),
    SignatureScheme::Unknown(0x081c),
    SignatureScheme::ML_DSA_44,
    SignatureScheme::ML_DSA_65,
    SignatureScheme::ML_DSA_87,
    SignatureScheme::ECDSA_SHA1_Legacy,
    SignatureScheme::RSA_PKCS1_SHA1,
];

/// The cryptography all calls use. Named, as the process has no default (see rustls, `CryptoProvider`).
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));
    Arc::clone(&PROVIDER)
}

/// The signatures that are verified, best first.
pub(super) fn verified() -> Vec<SignatureScheme> {
    provider().signature_verification_algorithms.supported_schemes()
}

/// These, and those that are not verified.
pub(super) fn any_signature() -> Vec<SignatureScheme> {
    let mut schemes = verified();
    schemes.extend(UNVERIFIED);
    schemes
}

/// Something about a peer that is in order, and that Ringfence's TLS cannot take.
pub(super) struct Limit(pub(super) String);

impl Limit {
    /// As the error of a certificate.
    pub(super) fn error(self) -> Error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(self))))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a limit of Ringfence: {}", self.0)
    }
}

/// The same words: rustls shows an error of ours by its `Debug`.
impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Limit {}

/// Tells a handshake's signature that cannot be verified from one that is not good.
pub(super) fn told_apart(error: Error, scheme: SignatureScheme, fields: &Fields<'_>) -> Error {
    let bits = fields.rsa_bits().filter(|bits| !RSA_BITS.contains(bits));
    match (&error, bits) {
        (Error::InvalidCertificate(CertificateError::BadSignature), Some(bits)) => {
            let (least, most) = RSA_BITS.into_inner();
            let text =
                format!("the certificate's RSA key has {bits} bits, and it verifies {least} to {most}");
            Limit(text).error()
        }
        (Error::PeerMisbehaved(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme), _)
            if UNVERIFIED.contains(&scheme) =>
        {
            Limit(format!("it cannot verify a signature of the kind {scheme:?}")).error()
        }
        _ => error,
    }
}
