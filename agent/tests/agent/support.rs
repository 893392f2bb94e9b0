//! An agent on loopback addresses, a runner's key to order it about with, and a plain HTTP client.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use ringfence_agent::control::AgentSettings;
use ringfence_agent::perform::Policy;
use ringfence_agent::serve::{Listen, Running, Settings, TlsListen, start};
use ringfence_contract::address::{Address, Family};
use ringfence_contract::call::{Call, Destination};
use ringfence_contract::id::{CallId, OrderId, RunId};
use ringfence_contract::order::{self, Ask, Order, Place, PrivateKey, Refusal, Run};
use ringfence_contract::reply::{Hello, Line, ReplyError, read_reply};
use ringfence_contract::sample::Sample;
use ringfence_contract::seal::{RunKey, call_token};
use ringfence_contract::transport::Transport;
use ringfence_contract::{CALL_HEADER, ORDER_PATH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An agent, and who may order it about.
pub(crate) struct Bench {
    pub(crate) key: PrivateKey,
    pub(crate) run: Run,
    pub(crate) running: Running,
}

/// A response, its head as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) fn now_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    u64::try_from(since_epoch.as_millis()).expect("a clock before the year 584 million")
}

/// The settings of an agent that may call loopback addresses, and listens on one for HTTP, TCP and UDP.
pub(crate) fn settings(name: &str, key: &PrivateKey) -> Settings {
    let any = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    let mut agent = AgentSettings::new(name.parse().expect("a name"), vec![key.public()]);
    agent.policy = Policy::read(["127.0.0.0/8"]).expect("a policy");
    Settings { agent, listen: Listen { http: any.clone(), https: None, tcp: any.clone(), udp: any } }
}

/// A certificate of its own for 127.0.0.1, and where to listen with it.
pub(crate) fn tls() -> TlsListen {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    TlsListen {
        addresses: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        certificates: cert.pem(),
        key: signing_key.serialize_pem(),
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(tune: impl FnOnce(&mut Settings)) -> Self {
        let key = PrivateKey::random();
        let mut settings = settings("app-1", &key);
        tune(&mut settings);
        let run = Run { id: RunId::random(), key: RunKey::random() };
        Self { key, run, running: start(settings).expect("an agent on free ports") }
    }

    /// Another agent of the same runner and run.
    pub(crate) fn beside(&self, name: &str, tune: impl FnOnce(&mut Settings)) -> Self {
        let key: PrivateKey = self.key.to_text().parse().expect("a key");
        let mut settings = settings(name, &key);
        tune(&mut settings);
        Self { key, run: self.run.clone(), running: start(settings).expect("an agent on free ports") }
    }

    pub(crate) fn at(&self, transport: Transport) -> SocketAddr {
        self.running.address(transport).expect("a listener")
    }

    pub(crate) fn url(&self, transport: Transport) -> String {
        format!("{transport}://{}", self.at(transport))
    }

    /// A good order, one minute long.
    pub(crate) fn order(&self, ask: Ask) -> Order {
        let agent = self.running.agent();
        let now_ms = now_ms();
        Order {
            audience: agent.name().clone(),
            id: OrderId::random(),
            issued_ms: now_ms,
            expires_ms: now_ms + 60_000,
            boot: Some(agent.boot()),
            run: self.run.clone(),
            ask,
        }
    }

    /// Posts an order's text.
    pub(crate) async fn post(&self, text: &str) -> Reply {
        http(self.at(Transport::Http), &format!("POST {ORDER_PATH} HTTP/1.1"), &[], text).await
    }

    /// Posts a signed order, and reads its reply.
    pub(crate) async fn say(&self, order: &Order) -> Result<Vec<Line>, ReplyError> {
        let reply = self.post(&order::sign(&self.key, order)).await;
        read_reply(&self.run.key, order.id, &reply.body)
    }

    /// Posts a signed order that is to be refused.
    pub(crate) async fn refused(&self, order: &Order) -> Refusal {
        let reply = self.post(&order::sign(&self.key, order)).await;
        assert_eq!(reply.status, 400, "{reply:?}");
        assert!(reply.body.starts_with(&format!("refused {} ", order.id)), "{reply:?}");
        match read_reply(&self.run.key, order.id, &reply.body) {
            Err(ReplyError::Refused(refusal)) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub(crate) async fn hello(&self) -> Hello {
        let order = Order { boot: None, ..self.order(Ask::Hello) };
        match self.say(&order).await.expect("a reply").pop() {
            Some(Line::Hello(hello)) => *hello,
            other => panic!("no hello: {other:?}"),
        }
    }

    /// Has calls placed, and returns their samples in the order of the calls.
    pub(crate) async fn place(&self, calls: Vec<Call>) -> Vec<Sample> {
        let ids: Vec<CallId> = calls.iter().map(|call| call.id).collect();
        let order = self.order(Ask::Place(Place { calls, fingerprints: Vec::new() }));
        let mut samples = samples(self.say(&order).await.expect("a reply"));
        samples.sort_by_key(|sample| ids.iter().position(|id| *id == sample.call));
        assert_eq!(samples.iter().map(|sample| sample.call).collect::<Vec<_>>(), ids);
        samples
    }

    pub(crate) fn token(&self, call: CallId) -> String {
        call_token(&self.run.key, self.run.id, call)
    }

    /// Calls over HTTP, as an agent would.
    pub(crate) async fn call(&self, call: CallId, headers: &[(&str, &str)]) -> Reply {
        let token = self.token(call);
        let mut all = vec![(CALL_HEADER, token.as_str())];
        all.extend_from_slice(headers);
        http(self.at(Transport::Http), "GET /some/path HTTP/1.1", &all, "").await
    }
}

pub(crate) fn samples(lines: Vec<Line>) -> Vec<Sample> {
    let sample = |line| match line {
        Line::Sample(sample) => *sample,
        other => panic!("no sample: {other:?}"),
    };
    lines.into_iter().map(sample).collect()
}

/// A call to an endpoint, expecting this agent.
pub(crate) fn call_to(url: &str, expects: &str) -> Call {
    let address: Address = url.parse().expect(url);
    let to = Destination::Endpoint(address.into());
    Call { expects: Some(expects.parse().expect("a name")), ..Call::new(to, Family::Ipv4) }
}

/// One HTTP exchange on a connection of its own.
pub(crate) async fn http(to: SocketAddr, start: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut stream = TcpStream::connect(to).await.expect("a connection");
    let mut request = format!("{start}\r\nhost: {to}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.extend(["content-length: ", &body.len().to_string(), "\r\n\r\n", body]);
    stream.write_all(request.as_bytes()).await.expect("a request sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("a response");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("a head in {text:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Reply { status, head: head.to_owned(), body: body.to_owned() }
}
