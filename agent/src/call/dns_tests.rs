//! Servers that know, fail, say nothing, or fail on one way of asking.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{RData, Record};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

/// What a server does with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Answers with an address.
    Know,
    /// Answers with this code.
    Say(ResponseCode),
    /// Answers with this code where the question has an OPT record, and with an address where it has none.
    FailOnEdns(ResponseCode),
    /// Says nothing where the question has an OPT record.
    MuteOnEdns,
    /// Answers that the answer is cut off, unless the question has an OPT record.
    CutPlain,
    /// Answers that the answer is cut off.
    Cut,
    /// Answers with the wrong number first, then with the wrong name, then rightly.
    ForgedFirst,
    /// Nothing.
    Mute,
    /// Is not there.
    Absent,
}

fn answer(does: Does, question: &[u8]) -> Vec<Vec<u8>> {
    let question = Message::from_vec(question).expect("a question");
    let has_edns = question.edns.is_some();
    let name = question.queries[0].name.clone();
    let mut known = question.into_response();
    known.metadata.recursion_available = true;
    known.add_answer(Record::from_rdata(name, 60, RData::from(std::net::IpAddr::from([10, 0, 0, 9]))));
    let bent = |bend: &dyn Fn(&mut Message)| {
        let mut message = known.clone();
        bend(&mut message);
        message.to_vec().expect("an answer")
    };
    let say = |code| bent(&|message| (message.metadata.response_code, message.answers) = (code, Vec::new()));
    let cut = || bent(&|message| (message.metadata.truncation, message.answers) = (true, Vec::new()));
    match does {
        Does::Say(code) => vec![say(code)],
        Does::FailOnEdns(code) if has_edns => vec![say(code)],
        Does::MuteOnEdns if has_edns => vec![],
        Does::CutPlain if !has_edns => vec![cut()],
        Does::Cut => vec![cut()],
        Does::ForgedFirst => vec![
            bent(&|message| message.metadata.id = message.metadata.id.wrapping_add(1)),
            bent(&|message| message.queries[0].name = Name::from_ascii("b.test.").expect("a name")),
            bent(&|_| {}),
        ],
        Does::Mute | Does::Absent => vec![],
        _ => vec![bent(&|_| {})],
    }
}

/// A server that does one thing over UDP and another over TCP.
struct Server {
    address: SocketAddr,
    tasks: JoinSet<()>,
}

impl Server {
    async fn new(udp: Does, tcp: Does) -> Self {
        let (listener, socket) = loop {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            if let Ok(socket) = UdpSocket::bind(address).await {
                break (listener, socket);
            }
        };
        let address = listener.local_addr().expect("an address");
        let mut tasks = JoinSet::new();
        // A socket that nobody serves is closed here.
        if udp != Does::Absent {
            tasks.spawn(serve_udp(socket, udp));
        }
        if tcp != Does::Absent {
            tasks.spawn(serve_tcp(listener, tcp));
        }
        Self { address, tasks }
    }
}

async fn serve_udp(socket: UdpSocket, does: Does) {
    let mut buffer = [0; 512];
    while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
        for answer in answer(does, &buffer[..count]) {
            socket.send_to(&answer, from).await.expect("loopback takes a datagram");
        }
    }
}

async fn serve_tcp(listener: TcpListener, does: Does) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut question = vec![0; stream.read_u16().await.expect("a length").into()];
        stream.read_exact(&mut question).await.expect("a question");
        for answer in answer(does, &question) {
            let length = u16::try_from(answer.len()).expect("short").to_be_bytes();
            stream.write_all(&[&length, answer.as_slice()].concat()).await.expect("a caller");
        }
        if does == Does::Mute {
            std::future::pending::<()>().await;
        }
    }
}

fn settings(servers: &[&Server]) -> Settings {
    let mut settings = Settings::only(servers[0].address);
    settings.servers = servers.iter().map(|server| server.address).collect();
    settings
}

/// What comes of asking, within this time: the code or `silent`, and who said so, by their places.
async fn heard(servers: &[&Server], settings: &Settings, limit: Duration) -> (String, Vec<usize>) {
    let name = Name::from_ascii("a.test.").expect("a name");
    let Heard { resolver, answer } = ask_each(settings, &name, Family::Ipv4, Instant::now() + limit).await;
    let said = match answer {
        Ok(Told { says: Says::Truncated, .. }) => "cut off".to_owned(),
        Ok(Told { says: Says::Addresses(_), .. }) => "known".to_owned(),
        Ok(told) => told.rcode,
        Err(unheard) => format!("{unheard:?}"),
    };
    let named = |server: &&Server| resolver.split(", ").any(|one| one == server.address.to_string());
    let by = servers.iter().enumerate().filter(|(_, server)| named(server)).map(|(at, _)| at);
    (said, by.collect())
}

/// Enough for a busy machine.
const PATIENT: Duration = Duration::from_secs(10);
/// For what is waited out.
const BRIEF: Duration = Duration::from_millis(800);

#[tokio::test]
async fn the_next_server_is_asked_when_one_is_silent_fails_or_is_not_there() {
    let (nx, fail) = (Does::Say(ResponseCode::NXDomain), Does::Say(ResponseCode::ServFail));
    for (first, second, limit, said, by) in [
        (Does::Mute, nx, BRIEF * 4, "NXDOMAIN", &[1][..]),
        (fail, nx, PATIENT, "NXDOMAIN", &[1]),
        (Does::Say(ResponseCode::Refused), Does::Know, PATIENT, "known", &[1]),
        (nx, fail, PATIENT, "NXDOMAIN", &[0]),
        (fail, Does::Mute, BRIEF, "SERVFAIL", &[0]),
        (fail, Does::Say(ResponseCode::Refused), PATIENT, "SERVFAIL", &[0]),
        (Does::Absent, Does::Know, PATIENT, "known", &[1]),
        (Does::Mute, Does::Mute, BRIEF, "Silent", &[0, 1]),
    ] {
        let (one, two) = (Server::new(first, Does::Absent).await, Server::new(second, Does::Absent).await);
        let servers = [&one, &two];
        let heard = heard(&servers, &settings(&servers), limit).await;
        assert_eq!(heard, (said.to_owned(), by.to_vec()), "{first:?}, then {second:?}");
    }
}

#[tokio::test]
async fn a_server_that_fails_on_one_way_of_asking_is_asked_another() {
    for (udp, tcp, limit, said) in [
        (Does::Know, Does::Absent, PATIENT, "known"),
        (Does::FailOnEdns(ResponseCode::FormErr), Does::Absent, PATIENT, "known"),
        (Does::FailOnEdns(ResponseCode::NotImp), Does::Absent, PATIENT, "known"),
        (Does::FailOnEdns(ResponseCode::ServFail), Does::Absent, PATIENT, "known"),
        (Does::FailOnEdns(ResponseCode::Refused), Does::Absent, PATIENT, "known"),
        (Does::MuteOnEdns, Does::Absent, PATIENT, "known"),
        (Does::ForgedFirst, Does::Absent, PATIENT, "known"),
        (Does::Cut, Does::Know, PATIENT, "known"),
        (Does::Cut, Does::Say(ResponseCode::NXDomain), PATIENT, "NXDOMAIN"),
        (Does::CutPlain, Does::Absent, PATIENT, "known"),
        (Does::CutPlain, Does::Mute, BRIEF * 4, "known"),
        (Does::Cut, Does::Absent, PATIENT, "cut off"),
        (Does::Cut, Does::Cut, PATIENT, "cut off"),
    ] {
        let server = Server::new(udp, tcp).await;
        let (said_so, _) = heard(&[&server], &settings(&[&server]), limit).await;
        assert_eq!(said_so, said, "{udp:?} over UDP, {tcp:?} over TCP");
        drop(server.tasks);
    }
}

#[tokio::test]
async fn a_host_that_asks_over_tcp_alone_does_so() {
    for (udp, tcp, said) in [
        (Does::Mute, Does::Know, "known"),
        (Does::Know, Does::Say(ResponseCode::Refused), "REFUSED"),
        (Does::Know, Does::Absent, "NotThere"),
    ] {
        let server = Server::new(udp, tcp).await;
        let mut settings = settings(&[&server]);
        settings.use_vc = true;
        let (said_so, _) = heard(&[&server], &settings, PATIENT).await;
        assert_eq!(said_so, said, "{udp:?} over UDP, {tcp:?} over TCP");
    }
}

#[tokio::test]
async fn servers_take_turns_where_the_host_says_so() {
    let (one, two) =
        (Server::new(Does::Know, Does::Absent).await, Server::new(Does::Know, Does::Absent).await);
    let servers = [&one, &two];
    let mut rotating = settings(&servers);
    rotating.rotate = true;
    let mut turns = Vec::new();
    for _ in 0..2 {
        turns.extend(heard(&servers, &rotating, PATIENT).await.1);
    }
    turns.sort_unstable();
    assert_eq!(turns, [0, 1]);
}

#[tokio::test]
async fn nobody_waits_for_a_server_that_is_not_there() {
    let server = Server::new(Does::Absent, Does::Absent).await;
    let long = Duration::from_secs(600);
    let (said, _) = heard(&[&server], &settings(&[&server]), long).await;
    assert_eq!(said, "NotThere");
}
