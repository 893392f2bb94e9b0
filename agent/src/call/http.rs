//! A call over HTTP: the sealed call in a request header, the answer in the body of the response.

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use ringfence_contract::CALL_HEADER;
use ringfence_contract::call::Guise;
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::sample::Again;
use ringfence_contract::seal::Purpose;

use super::again::{again, unasked};
use super::aim::{Goal, Way};
use super::body::{Answer, Rest};
use super::classify::{Attempt, Head};
use super::door::Door;
use super::exchange::{Exchange, Limits, Protocol};
use super::guise::cookies;
use super::lost::Lost;
use super::means::Means;
use super::not_sent::broken;
use super::tls::{H2_OR_HTTP1, HTTP1_ONLY};
use super::trail::{Timed, Trail, within};

/// A connection to an endpoint, and the request that is made on it.
pub(super) struct Visit {
    door: Door,
    exchange: Exchange,
    /// The request, but for the sealed call.
    form: Request<Full<Bytes>>,
}

/// Opens a connection.
pub(super) async fn visit(
    means: &Means,
    attempt: &Attempt<'_>,
    goal: Goal,
    way: Way,
    trail: &mut Trail,
) -> Result<Visit, Outcome> {
    let door = Door { means: means.clone(), goal, way };
    let offered = match attempt.purpose {
        // HTTP/2's own windows would bound what is counted (RFC 9113 section 5.2).
        Purpose::Download(_) => HTTP1_ONLY,
        Purpose::Reach | Purpose::Measure if attempt.call.guise == Guise::Http1 => HTTP1_ONLY,
        Purpose::Reach | Purpose::Measure => H2_OR_HTTP1,
    };
    let timeouts = attempt.call.timeouts;
    let (connect, tls) = (ms(timeouts.connect_ms), ms(timeouts.tls_ms));
    let limits = Limits { purpose: attempt.purpose, connect, tls };
    let (exchange, form) = door.open(attempt, offered, limits, trail).await?;
    Ok(Visit { door, exchange, form })
}

impl Visit {
    /// Makes a call on the connection.
    pub(super) async fn ask(&mut self, attempt: &Attempt<'_>, trail: &mut Trail) -> Result<Outcome, Outcome> {
        let mut answer = self.request(attempt, trail).await?;
        if attempt.call.guise == Guise::Browser
            && answer.head.status == StatusCode::FORBIDDEN
            && let Some(cookies) = cookies(&answer.head.headers)
        {
            answer = self.return_with(cookies, answer, attempt, trail).await?;
        }
        Ok(answer.read(attempt, &mut self.exchange, trail).await)
    }

    /// Comes back with the cookies of a refusal, on another connection: a challenge may ask for no more than that.
    async fn return_with(
        &mut self,
        cookies: HeaderValue,
        refused: Answer,
        attempt: &Attempt<'_>,
        trail: &mut Trail,
    ) -> Result<Answer, Outcome> {
        let offered = match self.exchange.protocol() {
            Protocol::Http1 => HTTP1_ONLY,
            Protocol::Http2 => H2_OR_HTTP1,
        };
        let first_byte = ms(attempt.call.timeouts.first_byte_ms);
        if !self.reopen(attempt, offered, Instant::now() + unspent(attempt, trail), trail).await {
            return Ok(refused);
        }
        self.form.headers_mut().insert(header::COOKIE, cookies);
        (trail.again, trail.status) = (Some(Again::Cookie), None);
        match self.send(attempt, first_byte, trail).await? {
            Ok(answer) => Ok(answer),
            Err(lost) => {
                let answer = Answer::of_lost(&lost)?;
                trail.status = Some(answer.head.status);
                Ok(answer)
            }
        }
    }

    /// Sends the request, and waits for the head of the response. Where HTTP/2 leaves open what the answer is, the request is
    /// asked again, in the time that the phases have left together.
    pub(super) async fn request(
        &mut self,
        attempt: &Attempt<'_>,
        trail: &mut Trail,
    ) -> Result<Answer, Outcome> {
        let first_byte = ms(attempt.call.timeouts.first_byte_ms);
        let until = Instant::now() + first_byte + unspent(attempt, trail);
        let mut lost = match self.send(attempt, first_byte, trail).await? {
            Ok(answer) => return Ok(answer),
            Err(lost) => lost,
        };
        while let Some((why, offered)) = again(&lost, trail.again) {
            if !self.reopen(attempt, offered, until, trail).await {
                return Err(unasked(&lost));
            }
            trail.again = Some(why);
            let limit = first_byte.min(until.saturating_duration_since(Instant::now()));
            match self.send(attempt, limit, trail).await? {
                Ok(answer) => return Ok(answer),
                Err(other) if other.is_other_protocol() => return Err(unasked(&lost)),
                Err(next) => lost = next,
            }
        }
        // Asked for the other version, a server that has but one says nothing of the caller.
        if attempt.call.guise == Guise::Http1 && lost.is_other_protocol() {
            return Err(unasked(&lost));
        }
        let answer = Answer::of_lost(&lost)?;
        trail.status = Some(answer.head.status);
        Ok(answer)
    }

    /// Sends the request once.
    async fn send(
        &mut self,
        attempt: &Attempt<'_>,
        limit: Duration,
        trail: &mut Trail,
    ) -> Result<Result<Answer, Lost>, Outcome> {
        let mut request = self.form.clone();
        let token = HeaderValue::try_from(attempt.token()).map_err(|error| broken(error.to_string()))?;
        if attempt.call.guise != Guise::Browser {
            request.headers_mut().insert(HeaderName::from_static(CALL_HEADER), token);
        }
        let sent = within(limit, Phase::FirstByte, pin!(self.exchange.send(request))).await;
        let (response, took) = match sent {
            Ok((Ok(response), took)) => (response, took),
            Ok((Err(lost), _)) => return unsent(&lost).map_or(Ok(Err(lost)), Err),
            Err(_) => return Ok(Err(self.exchange.slow())),
        };
        trail.took.first_byte = Some(Timed::by_kernel(self.exchange.took(), took));
        trail.status = Some(response.status().as_u16());
        Ok(Ok(split(response)))
    }

    /// Opens another connection to the same address, and says whether there is one. What the first showed stands if not.
    async fn reopen(
        &mut self,
        attempt: &Attempt<'_>,
        offered: &[&[u8]],
        until: Instant,
        trail: &mut Trail,
    ) -> bool {
        let left = |most_ms: u32| ms(most_ms).min(until.saturating_duration_since(Instant::now()));
        let timeouts = attempt.call.timeouts;
        let (connect, tls) = (left(timeouts.connect_ms), left(timeouts.tls_ms));
        let limits = Limits { purpose: attempt.purpose, connect, tls };
        let (took, local, tls) = (trail.took, trail.local, trail.tls.clone());
        // Few calls come here: the others do not carry the room that this takes.
        if let Ok((exchange, form)) = Box::pin(self.door.open(attempt, offered, limits, trail)).await {
            (self.exchange, self.form) = (exchange, form);
            return true;
        }
        (trail.took, trail.local, trail.tls) = (took, local, tls);
        false
    }

    /// The requests and responses on the connection.
    pub(super) fn exchange(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    /// Whether another call can be made on it. Ask when the one before was answered whole.
    pub(super) async fn stands(&mut self) -> bool {
        self.exchange.stands().await
    }
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

/// What a new connection may take and this call's own has not taken.
fn unspent(attempt: &Attempt<'_>, trail: &Trail) -> Duration {
    let timeouts = attempt.call.timeouts;
    let spent = |timed: Option<Timed>| timed.map(|timed| timed.took).unwrap_or_default();
    let spent = spent(trail.took.connect) + spent(trail.took.tls);
    (ms(timeouts.connect_ms) + ms(timeouts.tls_ms)).saturating_sub(spent)
}

/// What it comes to where the HTTP library sent nothing.
fn unsent(lost: &Lost) -> Option<Outcome> {
    let error = lost.error.as_ref().filter(|error| error.is_user())?;
    (lost.overheard.end.is_none() && lost.overheard.first.is_empty()).then(|| broken(error.to_string()))
}

fn split(response: http::Response<Incoming>) -> Answer {
    let (parts, incoming) = response.into_parts();
    let head = Head { status: parts.status.as_u16(), headers: parts.headers };
    Answer { head, rest: Rest::Coming(incoming) }
}
