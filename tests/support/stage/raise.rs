//! Raising a stage, and running a scenario on it with the real programs.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::runtime::Runtime;
use tokio_util::task::AbortOnDropHandle;

use super::door::Door;
use super::ended::Ended;
use super::papers::{Paper, Papers};
use super::play::{Member, Play};
use super::scene::{Place, Scene};
use super::serve::serve;
use super::{INTERNET, RESOLVER};
use crate::namespace::Namespace;
use crate::programs::{AgentProcess, Bench, Programs};

/// How often a port is looked for that is free at every door's address.
const PORTS_TRIED: usize = 50;

/// The machine's own network, or a namespace.
struct Ground {
    namespace: Option<Namespace>,
    /// The folder of the namespace's `resolv.conf`, which `ip netns exec` puts in place.
    _settings: Option<Settings>,
}

struct Settings(PathBuf);

impl Drop for Settings {
    fn drop(&mut self) {
        // A folder that stays is no reason to hide what the test said.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

impl Ground {
    fn lay(play: &Play) -> Self {
        if !play.needs_root() {
            return Self { namespace: None, _settings: None };
        }
        let namespace = Namespace::new("stage");
        namespace.ip("link set lo up");
        let settings = play.resolv_conf.map(|(text, _)| {
            let folder = Path::new("/etc/netns").join(namespace.name());
            std::fs::create_dir_all(&folder).expect("a folder for the namespace's settings");
            std::fs::write(folder.join("resolv.conf"), text).expect("a file can be written");
            Settings(folder)
        });
        Self { namespace: Some(namespace), _settings: settings }
    }
}

/// Does something in a namespace, or where this is.
fn inside<T: Send>(namespace: Option<&Namespace>, work: impl FnOnce() -> T + Send) -> T {
    match namespace {
        None => work(),
        Some(namespace) => namespace.inside(work),
    }
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
        let Ground { namespace, _settings } = Ground::lay(self);
        let (gates, port) = inside(namespace.as_ref(), || gates(&self.doors));
        if let (Some(namespace), Some(rules)) = (&namespace, self.walls) {
            namespace.nft(&walls(&rules.replace("<port>", &port.to_string())));
        }
        let resolver = self.names.as_ref().map(|_| inside(namespace.as_ref(), || self.resolver()));
        let asked = resolver.as_ref().filter(|_| self.resolv_conf.is_none());
        let asked = asked.map(|socket| socket.local_addr().expect("an address"));
        let papers = Arc::new(Papers::new());
        bench.write("ca.pem", papers.ca());
        let start = |member| start(&bench, member, port, (asked, namespace.as_ref()));
        let agents: Vec<(&Member, AgentProcess)> =
            self.members.iter().map(|member| (member, start(member))).collect();
        let places = agents.iter().map(|(member, process)| (member.name, place(process))).collect();
        let scene = Arc::new(Scene::of(places, namespace));
        let fill = |text: &str| filled(text, port, &scene, &papers);
        bench.write("s.yaml", &fill(&self.parts.text()));
        let more: Vec<String> = self.arguments.iter().map(|argument| fill(argument)).collect();
        let mut at_work: Vec<AbortOnDropHandle<()>> = Vec::new();
        for (door, listener) in self.doors.iter().zip(gates) {
            at_work.push(serve(door.clone(), listener, Arc::clone(&papers), Arc::clone(&scene)));
        }
        at_work.extend(self.names.clone().zip(resolver).map(|(names, socket)| names.serve(socket)));
        verify(&bench, &more, asked, scene.namespace.as_ref())
    }

    fn resolver(&self) -> UdpSocket {
        let at = match self.resolv_conf {
            None => (RESOLVER, 0),
            // The port of the resolvers that a `resolv.conf` names (resolv.conf(5)).
            Some((_, resolver)) => (resolver, 53),
        };
        UdpSocket::bind(at).expect("a port for the resolver")
    }
}

/// Runs the scenario.
fn verify(
    bench: &Bench,
    more: &[String],
    resolver: Option<SocketAddr>,
    namespace: Option<&Namespace>,
) -> Ended {
    let mut arguments = vec!["verify", "s.yaml", "--json", "r.json", "--progress", "none"];
    arguments.extend(["--local-source", INTERNET, "--local-allow", "127.0.0.0/8,::1/128"]);
    let resolver = resolver.map(|resolver| resolver.to_string());
    arguments.extend(resolver.iter().flat_map(|resolver| ["--local-resolver", resolver]));
    arguments.extend(more.iter().map(String::as_str));
    let run = match namespace {
        None => bench.run(&arguments),
        Some(namespace) => bench.run_in(namespace, &arguments),
    };
    let record = std::fs::read_to_string(bench.path("r.json")).ok();
    let record = record.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Ended { code: run.code, text: format!("{}{}", run.stdout, run.stderr), record }
}

/// A chain that drops these packets on their way in: what is dropped on its way out tells its sender so.
fn walls(rules: &str) -> String {
    let dropped = |rule: &str| format!("add rule ip stage out {} drop\n", rule.trim());
    let rules: Vec<String> = rules.lines().map(dropped).collect();
    let chain = "add chain ip stage out { type filter hook input priority 0; }";
    format!("add table ip stage\n{chain}\n{}", rules.concat())
}

/// The runtime that all doors work in.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    })
}

/// A listener for each door, all on one port.
fn gates(doors: &[Door]) -> (Vec<TcpListener>, u16) {
    let port =
        |gates: &[TcpListener]| gates.first().map_or(0, |gate| gate.local_addr().expect("an address").port());
    for _ in 0..PORTS_TRIED {
        let mut gates: Vec<TcpListener> = Vec::new();
        for door in doors {
            gates.extend(TcpListener::bind(SocketAddr::new(door.ip, port(&gates))));
        }
        if gates.len() == doors.len() {
            let port = port(&gates);
            return (gates, port);
        }
    }
    panic!("no port is free at every door's address");
}

fn start(
    bench: &Bench,
    member: &Member,
    port: u16,
    (resolver, namespace): (Option<SocketAddr>, Option<&Namespace>),
) -> AgentProcess {
    let (trust, any) = (bench.public(), format!("{}:0", member.ip));
    let ca = bench.path("ca.pem").display().to_string();
    let lines = format!("{}:{}", member.ip, if member.on_the_port { port } else { 0 });
    let mut arguments = vec!["--name", member.called, "--trust", &trust, "--allow", "127.0.0.0/8"];
    arguments.extend(["--source", member.ip, "--trusted-proxies", "127.20.0.0/16"]);
    arguments.extend(["--listen", &any, "--tcp-listen", &lines, "--udp-listen", &lines, "--ca", &ca]);
    let resolver = resolver.map(|resolver| resolver.to_string());
    arguments.extend(resolver.iter().flat_map(|resolver| ["--resolver", resolver]));
    arguments.extend(&member.arguments);
    match namespace {
        None => AgentProcess::start(bench.programs(), &arguments, 3),
        Some(namespace) => AgentProcess::start_in(namespace, bench.programs(), &arguments, 3),
    }
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
