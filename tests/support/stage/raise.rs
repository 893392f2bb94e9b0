//! Raising a stage, and running a scenario on it with the real programs.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, OnceLock};

use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio_util::task::AbortOnDropHandle;

use super::door::{Door, Layer};
use super::ended::Ended;
use super::papers::{Paper, Papers};
use super::play::{Member, Play};
use super::scene::{Place, Scene};
use super::serve::serve;
use super::{INTERNET, RESOLVER};
use crate::programs::{AgentProcess, Bench, Programs};

/// How often a port is looked for that is free at every door's address.
const PORTS_TRIED: usize = 50;

/// A listener, and what fills its queue where it is to be full.
struct Gate {
    listener: TcpListener,
    queued: Option<TcpStream>,
}

impl Play {
    /// Sets everything up, runs the scenario to its end, and takes everything down.
    ///
    /// # Panics
    ///
    /// When something cannot be set up.
    #[must_use]
    pub fn run(&self, programs: Programs) -> Ended {
        let _entered = runtime().enter();
        let bench = Bench::new(programs);
        let (gates, port) = gates(&self.doors);
        let resolver = self.names.as_ref().map(|_| UdpSocket::bind((RESOLVER, 0)).expect("a port"));
        let resolver_at = resolver.as_ref().map(|socket| socket.local_addr().expect("an address"));
        let agents: Vec<(&Member, AgentProcess)> =
            self.members.iter().map(|member| (member, start(&bench, member, port, resolver_at))).collect();
        let places = agents.iter().map(|(member, process)| (member.name, place(process))).collect();
        let scene = Arc::new(Scene::of(places));
        let papers = Arc::new(Papers::new());
        bench.write("ca.pem", papers.ca());
        bench.write("s.yaml", &filled(&self.text(), port, &scene, &papers));
        let mut queued = Vec::new();
        let mut at_work: Vec<AbortOnDropHandle<()>> = Vec::new();
        for (door, gate) in self.doors.iter().zip(gates) {
            queued.extend(gate.queued);
            at_work.push(serve(door.clone(), gate.listener, Arc::clone(&papers), Arc::clone(&scene)));
        }
        at_work.extend(self.names.clone().zip(resolver).map(|(names, socket)| names.serve(socket)));
        self.verify(&bench, resolver_at)
    }

    fn verify(&self, bench: &Bench, resolver: Option<SocketAddr>) -> Ended {
        let mut arguments = vec!["verify", "s.yaml", "--json", "r.json", "--progress", "none"];
        arguments.extend(["--local-source", INTERNET, "--local-allow", "127.0.0.0/8,::1/128"]);
        let resolver = resolver.map(|resolver| resolver.to_string());
        arguments.extend(resolver.iter().flat_map(|resolver| ["--local-resolver", resolver]));
        arguments.extend(&self.arguments);
        let run = bench.run(&arguments);
        let record = std::fs::read_to_string(bench.path("r.json")).ok();
        let record = record.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Ended { code: run.code, text: format!("{}{}", run.stdout, run.stderr), record }
    }
}

/// The runtime that all doors work in.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    })
}

/// A listener for each door, all on one port.
fn gates(doors: &[Door]) -> (Vec<Gate>, u16) {
    for _ in 0..PORTS_TRIED {
        let mut gates: Vec<Gate> = Vec::new();
        for door in doors {
            let port = gates.first().map_or(0, |gate| gate.port());
            gates.extend(gate(door, port));
        }
        if gates.len() == doors.len() {
            let port = gates.first().map_or(0, Gate::port);
            return (gates, port);
        }
    }
    panic!("no port is free at every door's address");
}

fn gate(door: &Door, port: u16) -> Option<Gate> {
    let at = SocketAddr::new(door.ip, port);
    if !matches!(door.layer, Layer::Full) {
        return Some(Gate { listener: TcpListener::bind(at).ok()?, queued: None });
    }
    // Linux drops a SYN when the queue holds more than its backlog (`sk_acceptq_is_full`), which is 0 here.
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind(at).ok()?;
    let listener = socket.listen(0).ok()?.into_std().ok()?;
    let queued = TcpStream::connect(listener.local_addr().ok()?).ok()?;
    Some(Gate { listener, queued: Some(queued) })
}

impl Gate {
    fn port(&self) -> u16 {
        self.listener.local_addr().expect("an address").port()
    }
}

fn start(bench: &Bench, member: &Member, port: u16, resolver: Option<SocketAddr>) -> AgentProcess {
    let (trust, any) = (bench.public(), format!("{}:0", member.ip));
    let tcp = format!("{}:{}", member.ip, if member.on_the_port { port } else { 0 });
    let mut arguments = vec!["--name", member.name, "--trust", &trust, "--allow", "127.0.0.0/8"];
    arguments.extend(["--source", member.ip, "--trusted-proxies", "127.20.0.0/16"]);
    arguments.extend(["--listen", &any, "--tcp-listen", &tcp]);
    let resolver = resolver.map(|resolver| resolver.to_string());
    arguments.extend(resolver.iter().flat_map(|resolver| ["--resolver", resolver]));
    arguments.extend(&member.arguments);
    AgentProcess::start(bench.programs(), &arguments, 2)
}

fn place(process: &AgentProcess) -> Place {
    Place { http: process.address("http"), tcp: process.address("tcp"), process: process.id() }
}

/// A scenario's text with its placeholders filled in.
fn filled(text: &str, port: u16, scene: &Scene, papers: &Papers) -> String {
    let mut text = text.replace("<port>", &port.to_string());
    for (name, place) in &scene.places {
        text = text.replace(&format!("<{name}>"), &place.http.to_string());
        text = text.replace(&format!("<{name}:tcp>"), &place.tcp.to_string());
    }
    let pins = [
        ("good", Paper::Good),
        ("other-name", Paper::OtherName),
        ("expired", Paper::Expired),
        ("stranger", Paper::Stranger),
        ("version-1", Paper::Version1),
    ];
    pins.iter().fold(text, |text, (name, paper)| text.replace(&format!("<pin-{name}>"), &papers.pin(*paper)))
}
