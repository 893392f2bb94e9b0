//! What an answer of a platform means: an endpoint no agent answers at, or a beacon.
//!
//! There is no seal to know the right answer by, so a status that is no denial has to do. This file must not know what
//! was expected.

use ringfence_contract::outcome::{Outcome, Phase, Reset, ToldKind, Unsealed};
use ringfence_contract::sample::Sample;
use ringfence_contract::transport::Transport;

/// The status of what wants a login (RFC 9110 section 15.5.2).
pub(crate) const LOGIN: u16 = 401;

/// The status of a refusal that nobody signed for: a stopped app and a client certificate say it too.
pub(crate) const BARE_DENIAL: u16 = 403;

/// The status of what is not there: an app's, a platform's, or that of a door that knows no such site (RFC 9110 section
/// 15.5.5).
pub(crate) const NOT_FOUND: u16 = 404;

/// The status of a proxy on the caller's side that wants a login (RFC 9110 section 15.5.8).
pub(crate) const PROXY_LOGIN: u16 = 407;

/// The status of a network that wants a login before it lets anybody out (RFC 6585 section 6).
pub(crate) const CAPTIVE: u16 = 511;

/// The status of a caller who calls too often, whoever he is (RFC 6585 section 4).
pub(crate) const TOO_MANY: u16 = 429;

/// The status of a front end that cannot serve now: it is too busy, or what stands behind it is down (RFC 9110 section
/// 15.6.4).
pub(crate) const UNAVAILABLE: u16 = 503;

/// The status of a server that does not serve such a site (RFC 9110 section 15.5.20): what 404 is to HTTP/1.1, over one HTTP/2
/// connection for many sites.
pub(crate) const MISDIRECTED: u16 = 421;

/// Whether a front end says with this status that it did not get through to what stands behind it (RFC 9110 sections 15.6.3 to
/// 15.6.5; Cloudflare docs, "Cloudflare 5xx errors": 520 to 527, 530).
pub(crate) fn is_down(status: u16) -> bool {
    matches!(status, 502..=504 | 520..=527 | 530)
}

/// What an answer of a platform means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlatformAnswer {
    /// It answered, and did not refuse.
    Reached,
    /// It answered that there is no such thing, and nobody said that this counts as reached: its door may say so of any site.
    NotFound,
    /// It refused: in its own words or with a bare status.
    Refused,
    /// It answered with something else: a site that is down, a status not listed, bytes that are not HTTP.
    Wrong,
    /// A sealed answer: an agent stands where none should.
    Sealed,
    /// No answer at all.
    None,
}

/// Reads an outcome as an answer of a platform. `statuses` are those that count as reached; none listed means any that
/// is no denial, and that does not say that the service is busy, down or elsewhere.
pub(crate) fn read(transport: Transport, statuses: &[u16], sample: &Sample) -> PlatformAnswer {
    match &sample.outcome {
        Outcome::Answered(_) | Outcome::Misanswered(_) => PlatformAnswer::Sealed,
        Outcome::Forbidden(_) => PlatformAnswer::Refused,
        Outcome::Unsealed(unsealed) if is_of_callers_side(sample, unsealed) => PlatformAnswer::Wrong,
        Outcome::Unsealed(unsealed) if is_filters(unsealed) => PlatformAnswer::Wrong,
        Outcome::Unsealed(unsealed) => match unsealed.status {
            Some(status) => read_status(statuses, status),
            None if transport.is_http() => PlatformAnswer::Wrong,
            None => PlatformAnswer::Reached,
        },
        // The head of an answer says all that is asked.
        Outcome::TimedOut(Phase::Transfer) | Outcome::Reset(Reset::ClosedMidAnswer | Reset::MidAnswer)
            if transport.is_http() && sample.status.is_some() =>
        {
            sample.status.map_or(PlatformAnswer::None, |status| read_status(statuses, status))
        }
        // A TCP service may wait for words of its own protocol: that it accepted is all there is to know.
        Outcome::TimedOut(Phase::FirstByte | Phase::Transfer)
        | Outcome::Reset(Reset::ClosedBeforeAnswer | Reset::ClosedMidAnswer | Reset::MidAnswer)
            if transport.shows_by_connecting() =>
        {
            PlatformAnswer::Reached
        }
        Outcome::Refused
        | Outcome::Reset(_)
        | Outcome::Unreachable(_)
        | Outcome::TimedOut(_)
        | Outcome::Unresolved(_)
        | Outcome::TlsFailed(_)
        | Outcome::NotSent(_) => PlatformAnswer::None,
    }
}

/// Whether a filter in front answered, with a challenge or its own page, whatever the status. That a login is asked for shows
/// that the caller got as far as that.
pub(super) fn is_filters(unsealed: &Unsealed) -> bool {
    let told = unsealed.told.as_ref().is_some_and(|told| told.kind == ToldKind::NotADenial);
    told && unsealed.status != Some(LOGIN)
}

/// Whether an answer comes from the caller's side of the way: it says so, and no certificate says otherwise; or it is one that
/// only such a side gives.
pub(crate) fn is_of_callers_side(sample: &Sample, unsealed: &Unsealed) -> bool {
    let certified = sample.tls.as_ref().is_some_and(|tls| tls.certificate_error.is_none());
    let told = unsealed.told.as_ref().is_some_and(|told| told.kind == ToldKind::CallersSide);
    (told && !certified) || matches!(unsealed.status, Some(PROXY_LOGIN | CAPTIVE))
}

fn read_status(statuses: &[u16], status: u16) -> PlatformAnswer {
    match status {
        status if statuses.contains(&status) => PlatformAnswer::Reached,
        BARE_DENIAL => PlatformAnswer::Refused,
        _ if !statuses.is_empty() => PlatformAnswer::Wrong,
        NOT_FOUND | MISDIRECTED => PlatformAnswer::NotFound,
        TOO_MANY => PlatformAnswer::Wrong,
        status if is_down(status) => PlatformAnswer::Wrong,
        _ => PlatformAnswer::Reached,
    }
}

/// Whether a front end says no more than that it is too busy, which it does before it looks at who calls. A 503 may as
/// well be an app that is down behind an open door; beside a refusal of the same caller it is not.
pub(crate) fn is_busy(outcome: &Outcome, refused: bool) -> bool {
    match outcome {
        Outcome::Unsealed(Unsealed { status: Some(status), flaw: None, .. }) => {
            *status == TOO_MANY || (*status == UNAVAILABLE && refused)
        }
        _ => false,
    }
}
