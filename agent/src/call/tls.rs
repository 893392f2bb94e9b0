//! The TLS phase: a full handshake, never a resumed one, and what was agreed and shown in it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ringfence_contract::address::Host;
use ringfence_contract::call::{Certificates, Trust};
use ringfence_contract::outcome::{Outcome, Phase, TlsFailed, TlsFailedWhy};
use ringfence_contract::sample::TlsFacts;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig, Error, PeerMisbehaved};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::crypto::{Limit, OFFERED, provider};
use super::means::Means;
use super::not_sent::broken;
use super::socket_error::{End, Progress};
use super::trail::{Timed, Trail, within};
use super::trust::is_webpki;
use super::verifier::{NotPinned, Notes, Seen, Verifier, seen};
use crate::clock::Stamped;

/// HTTP/2, then HTTP/1.1, as browsers offer them (RFC 7301, RFC 9113 section 3.2).
pub(super) const H2_OR_HTTP1: &[&[u8]] = &[b"h2", b"http/1.1"];

/// HTTP/1.1 alone.
pub(super) const HTTP1_ONLY: &[&[u8]] = &[b"http/1.1"];

/// A handshake that is ready to be made.
pub(super) struct Handshake {
    connector: TlsConnector,
    name: ServerName<'static>,
    certificates: Certificates,
    notes: Notes,
}

/// What a handshake is to agree on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) host: &'a Host,
    pub(super) trust: &'a Trust,
    pub(super) certificates: Certificates,
    pub(super) alpn: &'a [&'a [u8]],
}

/// Gets all ready that may take its time or go wrong without any peer.
pub(super) async fn prepare(means: &Means, terms: Terms<'_>) -> Result<Handshake, Outcome> {
    let rule = means.rule(terms.trust).await;
    let rule =
        rule.map_err(|error| broken(format!("the CA for `{}` cannot be used: {error}", terms.host)))?;
    let (verifier, notes) = Verifier::new(rule, terms.certificates);
    let name = match terms.host {
        Host::Ip(address) => ServerName::IpAddress((*address).into()),
        Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|error| broken(format!("`{name}` cannot be a TLS server name: {error}")))?,
    };
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(format!("cannot speak TLS: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = terms.alpn.iter().map(|protocol| protocol.to_vec()).collect();
    config.resumption = Resumption::disabled();
    let connector = TlsConnector::from(Arc::new(config));
    Ok(Handshake { connector, name, certificates: terms.certificates, notes })
}

impl Handshake {
    /// Makes the handshake.
    pub(super) async fn shake(
        self,
        tcp: Stamped,
        limit: Duration,
        trail: &mut Trail,
    ) -> Result<TlsStream<Stamped>, Outcome> {
        let Self { connector, name, certificates, notes } = self;
        let shaken = within(limit, Phase::Tls, pin!(connector.connect(name, tcp))).await;
        let seen = seen(&notes);
        let pin = seen.pin;
        let noted = seen.error.as_ref().filter(|_| certificates == Certificates::Note).map(words);
        let mut facts = TlsFacts { version: None, alpn: None, pin, certificate_error: noted };
        let stream = match shaken {
            Ok((Ok(stream), took)) => {
                trail.took.tls = Some(Timed::by_program(took));
                stream
            }
            Ok((Err(error), _)) => {
                trail.tls = pin.map(|_| facts);
                return Err(failed(&error, &seen, certificates));
            }
            Err(outcome) => {
                trail.tls = pin.map(|_| facts);
                return Err(outcome);
            }
        };
        let (_, session) = stream.get_ref();
        facts.version = session.protocol_version().map(|version| format!("{version:?}"));
        facts.alpn = session.alpn_protocol().map(|alpn| String::from_utf8_lossy(alpn).into_owned());
        trail.tls = Some(facts);
        Ok(stream)
    }
}

/// What a handshake that failed comes to. `seen` is what was seen of the certificate: it ended the handshake only where it was
/// required to be good.
fn failed(error: &std::io::Error, seen: &Seen, certificates: Certificates) -> Outcome {
    let required = seen.error.as_ref().filter(|_| certificates == Certificates::Require);
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let Some(error) = required.or(tls) else { return End::of(error).outcome(Progress::Handshake) };
    let (why, detail) = match why(error) {
        TlsFailedWhy::Alert if seen.pin.is_none() && is_nothing_in_common(error) => {
            (TlsFailedWhy::Unsupported, format!("{error}; Ringfence offers {OFFERED}"))
        }
        why => (why, words(error)),
    };
    Outcome::TlsFailed(TlsFailed { why, detail })
}

/// Whether an alert before any certificate says that the peer takes nothing of what was offered: no version, no cipher suite,
/// no curve, no signature (RFC 8446 section 6.2).
fn is_nothing_in_common(error: &Error) -> bool {
    use AlertDescription::{HandshakeFailure, InsufficientSecurity, ProtocolVersion};
    let Error::AlertReceived(alert) = error else { return false };
    matches!(alert, HandshakeFailure | InsufficientSecurity | ProtocolVersion)
}

/// An error in the library's words, or in our own where it is one of ours.
fn words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) if !other.0.is::<webpki::Error>() => {
            other.0.to_string()
        }
        Error::InvalidCertificate(CertificateError::ExpiredContext { time, not_after }) => {
            format!(
                "the certificate expired {} ago",
                span(time.as_secs().saturating_sub(not_after.as_secs()))
            )
        }
        Error::InvalidCertificate(CertificateError::NotValidYetContext { time, not_before }) => {
            let later = not_before.as_secs().saturating_sub(time.as_secs());
            format!("the certificate is not valid for another {}", span(later))
        }
        error => error.to_string(),
    }
}

/// A span of time as people say it, in whole units: `7 days`, `1 hour`.
fn span(seconds: u64) -> String {
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];
    let (unit, length) = units.into_iter().find(|(_, length)| seconds >= *length).unwrap_or(("second", 1));
    let count = seconds / length;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn why(error: &Error) -> TlsFailedWhy {
    let certificate = match error {
        Error::InvalidCertificate(certificate) => certificate,
        Error::NoCertificatesPresented => return TlsFailedWhy::BadCertificate,
        Error::AlertReceived(_) => return TlsFailedWhy::Alert,
        // The second is a signature that was offered, and that the library takes in TLS 1.3 alone.
        Error::PeerIncompatible(_) | Error::PeerMisbehaved(PeerMisbehaved::SignedKxWithWrongAlgorithm) => {
            return TlsFailedWhy::Unsupported;
        }
        _ => return TlsFailedWhy::Handshake,
    };
    match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFailedWhy::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            TlsFailedWhy::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFailedWhy::WrongName
        }
        // A bad signature is an issuer of a trusted name with another key.
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::ApplicationVerificationFailure => TlsFailedWhy::Untrusted,
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            TlsFailedWhy::Unsupported
        }
        CertificateError::Other(other) if other.0.is::<Limit>() => TlsFailedWhy::Unsupported,
        CertificateError::Other(other) if other.0.is::<NotPinned>() => TlsFailedWhy::Untrusted,
        _ if is_webpki(error, &webpki::Error::CaUsedAsEndEntity) => TlsFailedWhy::Untrusted,
        _ => TlsFailedWhy::BadCertificate,
    }
}

#[cfg(test)]
mod tests {
    use rustls::PeerIncompatible;

    use super::*;

    #[test]
    fn a_span_is_told_in_whole_units() {
        for (seconds, told) in [
            (604_803, "7 days"),
            (86_400, "1 day"),
            (7_199, "1 hour"),
            (150, "2 minutes"),
            (1, "1 second"),
            (0, "0 seconds"),
        ] {
            assert_eq!(span(seconds), told);
        }
    }

    #[test]
    fn a_failure_is_told_by_its_type() {
        let certificate = Error::InvalidCertificate;
        for (error, expected) in [
            (certificate(CertificateError::Expired), TlsFailedWhy::Expired),
            (certificate(CertificateError::NotValidYet), TlsFailedWhy::NotYetValid),
            (certificate(CertificateError::NotValidForName), TlsFailedWhy::WrongName),
            (certificate(CertificateError::UnknownIssuer), TlsFailedWhy::Untrusted),
            (certificate(CertificateError::BadSignature), TlsFailedWhy::Untrusted),
            (certificate(CertificateError::BadEncoding), TlsFailedWhy::BadCertificate),
            (certificate(CertificateError::Revoked), TlsFailedWhy::BadCertificate),
            (Error::AlertReceived(rustls::AlertDescription::UnrecognisedName), TlsFailedWhy::Alert),
            (Error::NoApplicationProtocol, TlsFailedWhy::Handshake),
            (PeerIncompatible::ServerDoesNotSupportTls12Or13.into(), TlsFailedWhy::Unsupported),
            (Limit("too small".to_owned()).error(), TlsFailedWhy::Unsupported),
        ] {
            assert_eq!(why(&error), expected, "{error}");
        }
    }
}
