//! Downloads: who is given one, how much of it, until when, and what its caller says of what came.

use std::time::Duration;

use ringfence_agent::answer::DOWNLOADS_AT_ONCE;
use ringfence_contract::CALL_HEADER;
use ringfence_contract::call::{Destination, Timeouts, Trust};
use ringfence_contract::download::{Download, Downloaded, Portion};
use ringfence_contract::id::CallId;
use ringfence_contract::order::{Ask, RefusalWhy, Run};
use ringfence_contract::outcome::{Outcome, OutcomeKind};
use ringfence_contract::reply::Line;
use ringfence_contract::seal::{Answer, Purpose, UnverifiedCall, open_answer, token};
use ringfence_contract::transport::Transport;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::stubborn;
use crate::support::{Bench, call_to, tls};

/// Longer than any test takes: what ends before it was ended.
const LONG_MS: u32 = Portion::LASTS_MAX_MS;

fn portion(lasts_ms: u32, bytes: u64) -> Portion {
    Portion { lasts_ms, bytes }
}

fn download(url: &str, expects: &str, portion: Portion) -> Download {
    Download { call: call_to(url, expects), portion, fingerprints: Vec::new() }
}

async fn downloaded(bench: &Bench, download: Download) -> Downloaded {
    let lines = bench.say(&bench.order(Ask::Download(Box::new(download)))).await.expect("a reply");
    match <[Line; 1]>::try_from(lines) {
        Ok([Line::Downloaded(downloaded)]) => *downloaded,
        other => panic!("no count: {other:?}"),
    }
}

/// A caller that does what it likes with a download: its answer is read, its payload is not.
struct Caller {
    stream: BufReader<TcpStream>,
    head: String,
    answer: Answer,
    /// How long the body is, by its head.
    length: usize,
}

impl Caller {
    async fn ask(bench: &Bench, portion: Portion) -> Self {
        Self::ask_as(bench, CallId::random(), portion).await
    }

    async fn ask_as(bench: &Bench, call: CallId, portion: Portion) -> Self {
        let stream = TcpStream::connect(bench.at(Transport::Http)).await.expect("a connection");
        let mut stream = BufReader::new(stream);
        let me = bench.running.agent().name();
        let token = token(&bench.run.key, (bench.run.id, call), Purpose::Download(portion), Some(me));
        let request = format!("GET /any HTTP/1.1\r\nhost: app\r\n{CALL_HEADER}: {token}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("a request sent");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(stream.read_line(&mut head).await.expect("a head") > 0, "{head}");
        }
        let length: Option<usize> =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("an answer");
        let answer = open_answer(&bench.run.key, call, line.as_bytes()).expect("a sealed answer");
        Self { stream, length: length.expect("a length") - line.len(), head, answer }
    }

    /// Reads to the end: how many bytes of payload came.
    async fn read(mut self) -> usize {
        let mut all = Vec::new();
        // Whatever ends it, a reset among others, has come by then.
        drop(self.stream.read_to_end(&mut all).await);
        all.len()
    }
}

#[tokio::test]
async fn a_download_is_counted_for_its_time_over_http_and_https() {
    let identity = tls();
    let certificate = identity.certificates.clone();
    let bench = Bench::with(|settings| settings.listen.https = Some(identity));
    bench.hello().await;
    for transport in [Transport::Http, Transport::Https] {
        let mut asked = download(&bench.url(transport), "app-1", portion(1_200, Portion::BYTES_MAX));
        let Destination::Endpoint(route) = &mut asked.call.to else { panic!("an endpoint") };
        route.trust = Trust::Ca(certificate.clone());
        let Downloaded { sample, payload, cut_short } = downloaded(&bench, asked.clone()).await;
        assert_eq!(cut_short, None, "{transport}");
        assert!(matches!(&sample.outcome, Outcome::Answered(answered) if answered.receipt == 0));
        assert_eq!(sample.call, asked.call.id);
        assert_eq!((payload.took_us, payload.seconds.len()), (1_200_000, 2), "{transport}");
        assert!(payload.bytes > 0 && payload.bytes == payload.seconds.iter().sum::<u64>(), "{transport}");
        let ids = vec![asked.call.id];
        let lines = bench.say(&bench.order(Ask::Receipts(ids))).await.expect("a reply");
        assert!(matches!(&lines[..], [Line::Receipts(page)] if page.found.is_empty()), "{lines:?}");
    }
}

#[tokio::test]
async fn a_download_ends_with_its_last_byte() {
    let bench = Bench::new();
    bench.hello().await;
    let asked = download(&bench.url(Transport::Http), "app-1", portion(LONG_MS, 3_000_000));
    let Downloaded { payload, cut_short, .. } = downloaded(&bench, asked).await;
    assert_eq!(cut_short, None);
    assert!(payload.took_us < u64::from(LONG_MS) * 1_000, "{payload:?}");
    assert!(payload.bytes > 1_000_000 && payload.bytes <= 3_000_000, "all but those that came first");

    let caller = Caller::ask(&bench, portion(LONG_MS, 3_000_000)).await;
    let head = caller.head.to_ascii_lowercase();
    for part in ["200 ok", "cache-control: no-store, no-transform", "connection: close"] {
        assert!(head.contains(part), "{head}");
    }
    assert!(!head.contains("transfer-encoding"), "{head}");
    assert_eq!((caller.length, caller.read().await), (3_000_000, 3_000_000));
}

#[tokio::test]
async fn what_is_above_a_bound_or_was_given_before_is_refused_under_seal_and_without_a_byte() {
    let bench = Bench::new();
    bench.hello().await;
    let first = CallId::random();
    let given = Caller::ask_as(&bench, first, portion(1_000, 10)).await;
    assert_eq!((given.answer.refused.clone(), given.read().await), (None, 10));
    for (call, portion, why) in [
        (first, portion(1_000, 10), "given before"),
        (CallId::random(), portion(LONG_MS + 1, 10), "at most"),
        (CallId::random(), portion(1_000, Portion::BYTES_MAX + 1), "at most"),
        (CallId::random(), portion(1_000, u64::MAX), "at most"),
        (CallId::random(), portion(0, 10), "at most"),
    ] {
        let refused = Caller::ask_as(&bench, call, portion).await;
        assert!(refused.answer.refused.as_ref().expect("a reason").contains(why), "{:?}", refused.answer);
        assert_eq!(refused.length, 0);
    }
}

/// Asks until a download is given.
async fn until_given(bench: &Bench) {
    let given = async { while Caller::ask(bench, portion(LONG_MS, 1)).await.answer.refused.is_some() {} };
    tokio::time::timeout(Duration::from_secs(60), given).await.expect("a download given");
}

#[tokio::test]
async fn there_is_an_end_to_downloads_at_once_and_callers_who_leave_free_their_places() {
    let bench = Bench::new();
    bench.hello().await;
    let mut held = Vec::new();
    for _ in 0..DOWNLOADS_AT_ONCE {
        held.push(Caller::ask(&bench, portion(LONG_MS, Portion::BYTES_MAX)).await);
        assert_eq!(held[held.len() - 1].answer.refused, None);
    }
    let refused = Caller::ask(&bench, portion(LONG_MS, 1)).await.answer.refused.expect("a refusal");
    assert!(refused.contains("4 downloads are under way"), "{refused}");
    // An agent that is told to call says what the target said.
    let asked = download(&bench.url(Transport::Http), "app-1", portion(1_000, 10));
    let cut_short = downloaded(&bench, asked).await.cut_short.expect("no payload");
    assert_eq!(cut_short, format!("the target gives none: {refused}"));
    drop(held);
    until_given(&bench).await;
}

#[tokio::test]
async fn a_caller_that_reads_nothing_is_left_when_its_time_is_over() {
    let bench = Bench::new();
    bench.hello().await;
    let mut held = Vec::new();
    for _ in 0..DOWNLOADS_AT_ONCE {
        held.push(Caller::ask(&bench, portion(1, Portion::BYTES_MAX)).await);
    }
    until_given(&bench).await;
    for caller in held {
        let length = caller.length;
        assert!(caller.read().await < length);
    }
}

#[tokio::test]
async fn an_agent_that_ends_ends_its_downloads() {
    let bench = Bench::new();
    bench.hello().await;
    let caller = Caller::ask(&bench, portion(LONG_MS, Portion::BYTES_MAX)).await;
    let Bench { running, .. } = bench;
    running.drain(Duration::from_millis(10)).await;
    let length = caller.length;
    assert!(caller.read().await < length);
}

/// A target that answers one call for this agent, under seal and as `app-2`, and sends what follows.
async fn target(
    (run, of): (&Run, &'static str),
    head: &'static str,
    payload: &'static [u8],
    holds: bool,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let run = run.clone();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut stream = BufReader::new(stream);
        let (mut call, mut line) = (None, String::new());
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line).await.expect("a line");
            let token = line.strip_prefix(CALL_HEADER).and_then(|rest| rest.strip_prefix(": "));
            call = call.or(token.and_then(|token| UnverifiedCall::read(token.trim_end())));
        }
        let of = of.parse().expect("a name");
        let call = call.and_then(|call| call.verify(&run.key, &of)).expect("a sealed call");
        let answer = stubborn::answer(&run, call);
        let whole = [head.as_bytes(), b"\r\n\r\n", answer.as_bytes(), payload].concat();
        stream.write_all(&whole).await.expect("an answer sent");
        if holds {
            // Until the caller has had enough.
            drop(stream.read(&mut [0]).await);
        }
    });
    url
}

#[tokio::test]
async fn a_payload_that_ends_too_early_is_no_measurement_and_one_that_stalls_is_a_slow_one() {
    let bench = Bench::new();
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 100000";
    for (head, payload, holds, why) in [
        (endless, &b"some"[..], false, Some("the connection ended")),
        (
            "HTTP/1.1 200 OK\r\nconnection: close",
            b"some",
            false,
            Some("the payload ended after 4 of 50000 bytes"),
        ),
        (
            "HTTP/1.1 200 OK\r\nconnection: close",
            b"",
            false,
            Some("the payload ended after 0 of 50000 bytes"),
        ),
        (endless, b"", true, Some("no payload came within 900 ms")),
        (endless, b"some", true, None),
    ] {
        let url = target((&bench.run, "app-2"), head, payload, holds).await;
        let mut asked = download(&url, "app-2", portion(1_500, 50_000));
        asked.call.timeouts.transfer_ms = 900;
        let Downloaded { sample, payload, cut_short } = downloaded(&bench, asked).await;
        assert_eq!(sample.outcome.kind(), OutcomeKind::Answered, "{head} {why:?}");
        match why {
            Some(why) => assert!(cut_short.as_ref().is_some_and(|cut| cut.contains(why)), "{cut_short:?}"),
            None => {
                assert_eq!((cut_short, payload.took_us, payload.seconds), (None, 1_500_000, vec![0, 0]));
            }
        }
    }
}

#[tokio::test]
async fn whoever_else_answers_is_not_counted() {
    let bench = Bench::new();
    let stranger = bench.beside("app-3", |_| {});
    let other = target((&bench.run, "app-3"), "HTTP/1.1 200 OK\r\ncontent-length: 1000", b"some", true).await;
    for (url, kind) in
        [(stranger.url(Transport::Http), OutcomeKind::Unsealed), (other, OutcomeKind::Misanswered)]
    {
        let asked = download(&url, "app-3", portion(1_000, 50_000));
        let Downloaded { sample, payload, cut_short } = downloaded(&bench, asked).await;
        assert_eq!((sample.outcome.kind(), payload.bytes), (kind, 0));
        assert_eq!(cut_short, Some(format!("the call came to `{kind}`")));
    }
}

#[tokio::test]
async fn a_download_above_a_limit_is_refused_with_the_limit() {
    let bench = Bench::new();
    let good = || download("http://127.0.0.1:9", "app-1", portion(1_000, 1_000));
    let mut own = good();
    own.call.to = Destination::OwnListener("http://own.test:9".parse().expect("an address"));
    let mut patient = good();
    patient.call.timeouts =
        Timeouts { connect_ms: 10_000, tls_ms: 10_000, first_byte_ms: 10_000, ..Timeouts::default() };
    patient.portion.lasts_ms = LONG_MS;
    for (download, part) in [
        (Download { portion: portion(LONG_MS + 1, 1), ..good() }, "30000 ms are taken"),
        (Download { portion: portion(1, Portion::BYTES_MAX + 1), ..good() }, "68719476736 bytes"),
        (Download { portion: portion(1, 0), ..good() }, "0 bytes"),
        (download("tcp://127.0.0.1:9", "app-1", portion(1, 1)), "not over tcp"),
        (patient, "66500 ms"),
        (own, "own listener"),
    ] {
        let refusal = bench.refused(&bench.order(Ask::Download(Box::new(download)))).await;
        assert_eq!(refusal.why, RefusalWhy::OverLimit, "{refusal}");
        assert!(refusal.detail.contains(part), "{refusal}");
    }
}

#[tokio::test]
async fn a_download_that_is_not_taken_any_more_ends() {
    let bench = Bench::new();
    bench.hello().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let order = bench.order(Ask::Download(Box::new(download(&url, "app-1", portion(LONG_MS, 10)))));
    let text = ringfence_contract::order::sign(&bench.key, &order);
    let taken = bench.running.agent().take(&text);
    let ringfence_agent::control::Taken::Lines(lines) = taken else { panic!("not taken: {taken:?}") };
    let (mut held, _) = silent.accept().await.expect("the call comes");
    drop(lines);
    held.read_to_end(&mut Vec::new()).await.expect("the call is dropped");
}
