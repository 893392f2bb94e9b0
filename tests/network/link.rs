//! The suite's own link, which other tests stand on: does it delay, lose and swallow what it says, and nothing else?

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use ringfence_tests::link::{Conditions, End, Link, Row, Transport, Ways, Which};
use ringfence_tests::namespace::Namespace;

/// The addresses of the two ends, by family, and how long the heads of IP and UDP are together.
const FAMILIES: [(&str, &str, usize); 2] = [("10.80.0.1", "10.80.0.2", 28), ("fd80::1", "fd80::2", 48)];

/// Where what the conditions are about is sent, and where what they are not about is.
const MEANT: u16 = 4000;
const OTHER: u16 = 4001;

const TO_MEANT: Which = Which { from: None, to: None, transport: None, port: Some(MEANT) };

/// Two namespaces and the link between them.
struct Pair {
    link: Link,
    left: Namespace,
    right: Namespace,
}

impl Pair {
    fn new(ways: &Ways) -> Self {
        let (left, right) = (Namespace::new("left"), Namespace::new("right"));
        let link = Link::between(
            End { namespace: &left, addresses: &["10.80.0.1/30", "fd80::1/126"] },
            End { namespace: &right, addresses: &["10.80.0.2/30", "fd80::2/126"] },
            ways,
        );
        Self { link, left, right }
    }
}

/// Datagrams from left to right, in one family.
struct Datagrams {
    sender: UdpSocket,
    meant: UdpSocket,
    other: UdpSocket,
    right: &'static str,
}

impl Datagrams {
    fn new(pair: &Pair, (left, right, _): (&str, &'static str, usize)) -> Self {
        let bind = |namespace: &Namespace, address: (&str, u16)| {
            let socket = namespace.inside(|| UdpSocket::bind(address)).expect("a socket");
            // Far longer than anything here takes: a test that would wait for ever fails instead.
            socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket that gives up");
            socket
        };
        let sender = bind(&pair.left, (left, 0));
        let (meant, other) = (bind(&pair.right, (right, MEANT)), bind(&pair.right, (right, OTHER)));
        Self { sender, meant, other, right }
    }

    fn send(&self, bytes: &[u8], port: u16) {
        assert_eq!(self.sender.send_to(bytes, (self.right, port)).expect("sent"), bytes.len());
    }

    /// Sends to the port that is meant, then to the other one, and returns what arrived at the first by the time that
    /// the last datagram arrived at the second: nothing that was sent before it is still under way.
    fn survivors(&self, sent: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
        for bytes in sent {
            self.send(&bytes, MEANT);
        }
        self.send(b"last", OTHER);
        let mut buffer = [0; 2000];
        self.other.recv(&mut buffer).expect("what no row means passes");
        self.meant.set_nonblocking(true).expect("a socket that does not wait");
        let mut survivors = Vec::new();
        loop {
            match self.meant.recv(&mut buffer) {
                Ok(length) => survivors.push(buffer[..length].to_vec()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return survivors,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Receives the next datagram at the port that is meant.
    fn receive(&self) -> Vec<u8> {
        let mut buffer = [0; 2000];
        let length = self.meant.recv(&mut buffer).expect("a datagram");
        buffer[..length].to_vec()
    }
}

/// How long it takes to connect from left to right and to hear one byte back.
fn round_trip(pair: &Pair, right: &str) -> (Duration, Duration) {
    let listener = pair.right.inside(|| TcpListener::bind((right, MEANT))).expect("a listener");
    let start = Instant::now();
    let mut left = pair.left.inside(|| TcpStream::connect((right, MEANT))).expect("a connection");
    let connected = start.elapsed();
    let (mut accepted, _) = listener.accept().expect("a connection");
    let start = Instant::now();
    left.write_all(b"?").expect("written");
    let mut byte = [0];
    accepted.read_exact(&mut byte).expect("read");
    accepted.write_all(b"!").expect("written");
    left.read_exact(&mut byte).expect("read");
    (connected, start.elapsed())
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn an_address_is_reached_as_soon_as_it_is_given() {
    let host = Namespace::new("host");
    host.ip("link set lo up");
    let reach = || {
        for number in 1..=300 {
            let address = format!("fd80::{number}");
            host.ip(&format!("address add {address}/128 dev lo nodad"));
            let arrived = host.inside(|| {
                let socket = UdpSocket::bind((address.as_str(), MEANT))?;
                socket.set_read_timeout(Some(Duration::from_secs(5)))?;
                socket.send_to(b"!", (address.as_str(), MEANT))?;
                socket.recv(&mut [0])
            });
            assert_eq!(arrived.expect(&address), 1);
        }
    };
    std::thread::scope(|scope| {
        let reached = scope.spawn(reach);
        // Namespaces that come and go keep the kernel from its other work on addresses.
        while !reached.is_finished() {
            drop([Namespace::new("one"), Namespace::new("other")]);
        }
    });
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn delay_adds_up_both_ways_in_both_families() {
    let way = |ms| vec![Row { conditions: delay(ms), ..Row::default() }];
    let pair = Pair::new(&Ways { there: way(40), back: way(20), seed: 1 });
    for (_, right, _) in FAMILIES {
        let (connect, exchange) = round_trip(&pair, right);
        for took in [connect, exchange] {
            assert!(took >= Duration::from_millis(60), "{right}: {took:?}");
        }
    }
    assert_eq!((pair.link.there().lost, pair.link.back().lost), (0, 0));
}

fn delay(ms: u64) -> Conditions {
    Conditions { delay: Duration::from_millis(ms), ..Conditions::default() }
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn the_share_that_is_lost_is_the_one_asked_for_and_the_same_for_the_same_seed() {
    let survivors = |seed| {
        let conditions = Conditions { loss: 0.2, ..Conditions::default() };
        let pair = Pair::new(&Ways { seed, ..Ways::there(TO_MEANT, conditions) });
        let datagrams = Datagrams::new(&pair, FAMILIES[0]);
        // In batches that fit the queues of the system.
        let numbers: Vec<u32> = (0..2000).collect();
        let batches = numbers.chunks(100);
        let survivors: Vec<_> = batches
            .flat_map(|batch| datagrams.survivors(batch.iter().map(|number| number.to_be_bytes().to_vec())))
            .collect();
        assert_eq!(pair.link.there().lost, 2000 - survivors.len() as u64);
        survivors
    };
    let first = survivors(7);
    // 0.8 of 2000, and five standard deviations of a binomial: 5 * sqrt(2000 * 0.2 * 0.8) = 89.4.
    assert!((1600 - 89..=1600 + 89).contains(&first.len()), "{}", first.len());
    assert_eq!(first, survivors(7));
    assert_ne!(first, survivors(8));
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn what_is_larger_than_the_path_vanishes_and_the_rest_passes() {
    let conditions = Conditions { largest: Some(1300), ..Conditions::default() };
    let pair = Pair::new(&Ways::there(TO_MEANT, conditions));
    for family in FAMILIES {
        let (_, right, heads) = family;
        let datagrams = Datagrams::new(&pair, family);
        let sizes = [1300 - heads, 1301 - heads, 1400 - heads, 1];
        let survivors = datagrams.survivors(sizes.map(|size| vec![b'x'; size]));
        let arrived: Vec<usize> = survivors.iter().map(Vec::len).collect();
        assert_eq!(arrived, [1300 - heads, 1], "{right}");
        // Nobody is told: a message of the router would stand here as an error.
        assert!(datagrams.sender.take_error().expect("a socket").is_none());
    }
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn jitter_delays_and_keeps_the_order() {
    let jitter = Duration::from_millis(20);
    let pair = Pair::new(&Ways::there(TO_MEANT, Conditions { jitter, ..delay(30) }));
    let datagrams = Datagrams::new(&pair, FAMILIES[1]);
    let start = Instant::now();
    for number in 0..100 {
        datagrams.send(&[number], MEANT);
    }
    let arrived: Vec<u8> = (0..100).map(|_| datagrams.receive()[0]).collect();
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert_eq!(arrived, (0..100).collect::<Vec<u8>>());
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn a_slow_wire_takes_its_time() {
    let conditions = Conditions { bits_per_second: Some(1_000_000), ..Conditions::default() };
    let pair = Pair::new(&Ways::there(TO_MEANT, conditions));
    for family in FAMILIES {
        let datagrams = Datagrams::new(&pair, family);
        let start = Instant::now();
        for _ in 0..20 {
            datagrams.send(&vec![0; 1250 - family.2], MEANT);
        }
        for _ in 0..20 {
            datagrams.receive();
        }
        // 20 packets of 1,250 bytes at a megabit a second: 10 ms each.
        assert!(start.elapsed() >= Duration::from_millis(200), "{:?}", start.elapsed());
    }
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn lost_requests_for_a_connection_are_sent_again_by_the_system() {
    let which = Which { transport: Some(Transport::TcpOpening), ..TO_MEANT };
    let conditions = Conditions { lost_first: 1, ..Conditions::default() };
    let pair = Pair::new(&Ways::there(which, conditions));
    for (_, right, _) in FAMILIES {
        let (connect, _) = round_trip(&pair, right);
        // Linux sends the first SYN again after a second (RFC 6298, section 2).
        assert!(connect >= Duration::from_secs(1), "{connect:?}");
    }
    assert_eq!(pair.link.there().lost, 2);
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn the_first_row_that_means_a_packet_decides() {
    let lose = Conditions { loss: 1.0, ..Conditions::default() };
    let network = |text: &str| Some(text.parse().expect("a network"));
    let rows = [
        (Which { to: network("fd80::2/128"), ..TO_MEANT }, Conditions::default()),
        (Which { transport: Some(Transport::Tcp), ..Which::default() }, lose),
        (Which { from: network("fd80::/16"), ..Which::default() }, lose),
        (Which { transport: Some(Transport::Udp), ..TO_MEANT }, lose),
    ];
    let there = rows.map(|(which, conditions)| Row { which, conditions }).to_vec();
    let pair = Pair::new(&Ways { there, ..Ways::default() });
    let v4 = Datagrams::new(&pair, FAMILIES[0]);
    assert!(v4.survivors([vec![1]]).is_empty());
    let v6 = Datagrams::new(&pair, FAMILIES[1]);
    v6.send(&[2], MEANT);
    assert_eq!(v6.receive(), [2]);
    v6.send(&[3], OTHER);
    v6.send(&[4], MEANT);
    assert_eq!(v6.receive(), [4]);
    v6.other.set_nonblocking(true).expect("a socket that does not wait");
    assert_eq!(v6.other.recv(&mut [0]).expect_err("lost").kind(), ErrorKind::WouldBlock);
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn a_link_ends_with_its_handle_and_outlives_its_namespaces() {
    let (left, right) = (Namespace::new("left"), Namespace::new("right"));
    let devices = || std::fs::read_to_string("/proc/net/dev").expect("a list of devices");
    let links: Vec<Link> = (0..20)
        .map(|number| {
            let [one, other] = [1, 2].map(|host| format!("10.80.{number}.{host}/30"));
            Link::between(
                End { namespace: &left, addresses: &[&one] },
                End { namespace: &right, addresses: &[&other] },
                &Ways::both(delay(5)),
            )
        })
        .collect();
    // `/proc/net` is the process's own namespace; a thread's is below its own name.
    let own = || std::fs::read_to_string("/proc/thread-self/net/dev").expect("a list of devices");
    let name = format!("{}:", links[3].device());
    assert!(left.inside(own).contains(&name));
    assert!(!devices().contains(&name), "a device was opened outside its namespace");
    let mut links = links;
    drop(links.remove(3));
    assert!(!left.inside(own).contains(&name));
    drop(left);
    drop(right);
    drop(links);
}
