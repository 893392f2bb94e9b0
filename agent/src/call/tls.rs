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
use rustls::{CertificateError, ClientConfig, Error};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::means::Means;
use super::not_sent::broken;
use super::socket_error::{End, Progress};
use super::trail::{Timed, Trail, within};
use super::trust::{Notes, Verifier, provider, seen};
use crate::clock::Stamped;

/// HTTP/2, then HTTP/1.1, as browsers offer them (RFC 7301, RFC 9113 section 3.2).
pub(super) const H2_OR_HTTP1: &[&[u8]] = &[b"h2", b"http/1.1"];

/// HTTP/1.1 alone.
pub(super) const HTTP1_ONLY: &[&[u8]] = &[b"http/1.1"];

/// A handshake that is ready to be made.
pub(super) struct Handshake {
    connector: TlsConnector,
    name: ServerName<'static>,
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
    Ok(Handshake { connector: TlsConnector::from(Arc::new(config)), name, notes })
}

impl Handshake {
    /// Makes the handshake.
    pub(super) async fn shake(
        self,
        tcp: Stamped,
        limit: Duration,
        trail: &mut Trail,
    ) -> Result<TlsStream<Stamped>, Outcome> {
        let Self { connector, name, notes } = self;
        let shaken = within(limit, Phase::Tls, pin!(connector.connect(name, tcp))).await;
        let seen = seen(&notes);
        let pin = seen.pin;
        let mut facts = TlsFacts { version: None, alpn: None, pin, certificate_error: None };
        let stream = match shaken {
            Ok((Ok(stream), took)) => {
                trail.took.tls = Some(Timed::by_program(took));
                stream
            }
            Ok((Err(error), _)) => {
                trail.tls = pin.map(|_| facts);
                return Err(failed(&error, seen.error.as_ref()));
            }
            Err(outcome) => {
                trail.tls = pin.map(|_| facts);
                return Err(outcome);
            }
        };
        let (_, session) = stream.get_ref();
        facts.version = session.protocol_version().map(|version| format!("{version:?}"));
        facts.alpn = session.alpn_protocol().map(|alpn| String::from_utf8_lossy(alpn).into_owned());
        facts.certificate_error = seen.error.map(|error| error.to_string());
        trail.tls = Some(facts);
        Ok(stream)
    }
}

fn failed(error: &std::io::Error, certificate: Option<&Error>) -> Outcome {
    if let Some(error) = certificate {
        return Outcome::TlsFailed(TlsFailed { why: why(error), detail: error.to_string() });
    }
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(error) => Outcome::TlsFailed(TlsFailed { why: why(error), detail: error.to_string() }),
        None => End::of(error).outcome(Progress::Handshake),
    }
}

fn why(error: &Error) -> TlsFailedWhy {
    let certificate = match error {
        Error::InvalidCertificate(certificate) => certificate,
        Error::NoCertificatesPresented => return TlsFailedWhy::BadCertificate,
        Error::AlertReceived(_) => return TlsFailedWhy::Alert,
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
        // A bad signature is an issuer of a trusted name with another key. `Other` is the pin's: the verifier of this
        // room raises no other.
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::ApplicationVerificationFailure
        | CertificateError::Other(_) => TlsFailedWhy::Untrusted,
        _ => TlsFailedWhy::BadCertificate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert_eq!(why(&error), expected, "{error}");
        }
    }
}
