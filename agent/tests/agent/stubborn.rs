//! Peers that answer sealed calls as an agent does, but when they want to: they stall, close, or keep silent.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringfence_contract::id::{BootId, CallId};
use ringfence_contract::order::Run;
use ringfence_contract::receipt::{SeenBy, SeenSource};
use ringfence_contract::seal::{Answer, UnverifiedCall, seal_answer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// What a peer does with the call that comes as this one, counted from 0 over all its connections.
pub(crate) type Whim = fn(usize) -> Deed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Answer,
    /// Answers only after the stall in which the call came, if any: half a second of each second.
    AnswerUnlessStalled,
    /// Answers and closes the connection.
    Close,
    /// Closes the connection without an answer.
    Drop,
}

/// A peer at work. It stops when this is dropped.
pub(crate) struct Stubborn {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<(CallId, Duration)>>>,
    _task: AbortOnDropHandle<()>,
}

impl Stubborn {
    /// Lines over TCP.
    pub(crate) async fn tcp(run: &Run, whim: Whim) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let url = format!("tcp://{}", listener.local_addr().expect("an address"));
        let (seen, run) = (Arc::<Mutex<Vec<_>>>::default(), run.clone());
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(lines(stream, run.clone(), whim, Arc::clone(&shared)));
            }
        });
        Self { url, seen, _task: AbortOnDropHandle::new(task) }
    }

    /// Datagrams.
    pub(crate) async fn udp(run: &Run, whim: Whim) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let url = format!("udp://{}", socket.local_addr().expect("an address"));
        let (seen, run) = (Arc::<Mutex<Vec<_>>>::default(), run.clone());
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move { datagrams(socket, &run, whim, &shared).await });
        Self { url, seen, _task: AbortOnDropHandle::new(task) }
    }

    /// The calls that came, each with the wall-clock time, since 1970, at which it was answered or not.
    pub(crate) fn seen(&self) -> Vec<(CallId, Duration)> {
        self.seen.lock().expect("no panic").clone()
    }
}

async fn datagrams(socket: UdpSocket, run: &Run, whim: Whim, seen: &Mutex<Vec<(CallId, Duration)>>) {
    let mut buffer = [0; 2_048];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        let call = read(run, &String::from_utf8_lossy(&buffer[..length]));
        if whim(note(seen, call)) != Deed::Drop {
            socket.send_to(answer(run, call).as_bytes(), from).await.expect("an answer sent");
        }
    }
}

async fn lines(stream: TcpStream, run: Run, whim: Whim, seen: Arc<Mutex<Vec<(CallId, Duration)>>>) {
    let (read_half, mut write_half) = stream.into_split();
    let mut lines = BufReader::new(read_half).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let call = read(&run, &line);
        let deed = whim(seen.lock().expect("no panic").len());
        if deed == Deed::AnswerUnlessStalled {
            tokio::time::sleep(stall(now())).await;
        }
        note(&seen, call);
        if deed == Deed::Drop {
            return;
        }
        let sent = write_half.write_all(answer(&run, call).as_bytes()).await;
        if sent.is_err() || deed == Deed::Close {
            return;
        }
    }
}

/// How long the stall still lasts at a time: the second half of every second.
fn stall(at: Duration) -> Duration {
    let into = Duration::from_nanos(at.subsec_nanos().into());
    if into < Duration::from_millis(500) {
        Duration::ZERO
    } else {
        Duration::from_secs(1).saturating_sub(into)
    }
}

fn note(seen: &Mutex<Vec<(CallId, Duration)>>, call: CallId) -> usize {
    let mut seen = seen.lock().expect("no panic");
    seen.push((call, now()));
    seen.len() - 1
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970")
}

fn read(run: &Run, text: &str) -> CallId {
    let call = UnverifiedCall::read(text.trim_end()).expect("a call");
    call.verify(&run.key, &"app-2".parse().expect("a name")).expect("a good seal")
}

/// A sealed answer, as `app-2`.
pub(crate) fn answer(run: &Run, call: CallId) -> String {
    let peer = "127.0.0.1:9".parse().expect("an address");
    let seen = SeenSource {
        address: "127.0.0.1".parse().expect("an address"),
        by: SeenBy::Peer,
        peer,
        conflict: None,
    };
    let agent = "app-2".parse().expect("a name");
    seal_answer(
        &run.key,
        &Answer { call, agent, boot: BootId::random(), receipt: 0, seen, at_ms: 1, refused: None },
    )
}
