//! A network that is up: its namespaces, its programs, and the folder of what they read and write. It is gone when it is
//! dropped. It must not know what anything should come to.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use ringfence::tally::RunRecord;

use super::layout::{Act, Agent, Change, Layout, Place, RESOLVERS};
use super::process::Process;
use super::raise::{Spaces, raise, set_up};
use super::sites::Certificate;
use super::{front, names};
use crate::certificates::{Authority, Validity, pin_of};
use crate::programs::{Bench, Programs};

/// The matrix of the sound network.
const SCENARIO: &str = include_str!("scenario.yaml");

/// A run of the runner over a network.
#[derive(Debug)]
pub struct Run {
    /// Its exit code.
    pub code: i32,
    /// The run record, where there is one.
    pub record: Option<RunRecord>,
    /// What it printed, and what it said on the side.
    pub said: String,
}

/// A network that is up. It is taken down when this is dropped: programs first, then namespaces, then the folder.
#[derive(Debug)]
pub struct Topology {
    agents: HashMap<Place, Process>,
    _servers: Vec<Process>,
    spaces: Spaces,
    bench: Bench,
    layout: Layout,
    programs: Programs,
}

impl Topology {
    /// Raises the network with one thing changed. Several may be up at once.
    ///
    /// # Panics
    ///
    /// When it cannot be raised: without root, or without one of the programs it is made of.
    #[must_use]
    pub fn raise(programs: Programs, change: &Change) -> Self {
        let mut layout = Layout::sound();
        change(&mut layout);
        let bench = Bench::new(programs);
        let front = write_certificates(&bench);
        bench.write("scenario.yaml", &SCENARIO.replace("FRONT_PIN", &front));
        let spaces = raise(&layout);
        for (place, setup) in &layout.more {
            set_up(&spaces, *place, setup);
        }
        let servers = start_servers(&layout, &spaces, &bench);
        let mut topology =
            Self { agents: HashMap::new(), _servers: servers, spaces, bench, layout, programs };
        let agents = topology.layout.agents.clone();
        for agent in agents.iter().filter(|agent| agent.is_up) {
            topology.start_agent(agent);
        }
        topology
    }

    /// The folder of the scenario, the key and the certificates (`ca.pem` is what callers trust).
    #[must_use]
    pub fn bench(&self) -> &Bench {
        &self.bench
    }

    /// A program that is about to be started at a place.
    #[must_use]
    pub fn command(&self, place: Place, program: &str) -> Command {
        let mut command = self.spaces[&place].command(program);
        command.current_dir(self.bench.path(""));
        command
    }

    /// The namespace of a place.
    #[must_use]
    pub fn space(&self, place: Place) -> &crate::namespace::Namespace {
        &self.spaces[&place]
    }

    /// Runs the scenario, with further arguments, and lets happen what happens meanwhile.
    ///
    /// # Panics
    ///
    /// When the runner cannot be started, or leaves no record that can be read.
    pub fn verify(&mut self, arguments: &[&str]) -> Run {
        let resolver = format!("{}:53", self.layout.runner_resolver);
        let usual = ["verify", "scenario.yaml", "--json", "run.json", "--progress", "plain"];
        let local = ["--local-ca", "ca.pem", "--local-resolver", &resolver];
        let all = [&usual[..], &local, arguments].concat();
        let mut command = self.bench.command_in(&self.spaces[&Place::Internet], &all);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the runner's program can be started");
        let mut said = String::new();
        for line in BufReader::new(child.stderr.take().expect("standard error is piped")).lines() {
            let line = line.unwrap_or_default();
            self.meanwhile(&line);
            said.push_str(&line);
            said.push('\n');
        }
        let output = child.wait_with_output().expect("the runner ends");
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        let written = std::fs::read_to_string(self.bench.path("run.json")).ok();
        let record = written.map(|text| serde_json::from_str(&text).expect("a run record"));
        Run { code: output.status.code().unwrap_or(-1), record, said }
    }

    /// The resolver that callers at a place ask.
    #[must_use]
    pub fn resolver(&self, place: Place) -> &'static str {
        let agent = self.layout.agents.iter().find(|agent| agent.place == place);
        agent.map_or(self.layout.runner_resolver, |agent| agent.resolver)
    }

    /// The stages of a run at whose beginning something happens, in order.
    #[must_use]
    pub fn stages(&self) -> Vec<&'static str> {
        self.layout.meanwhile.iter().map(|(stage, _)| *stage).collect()
    }

    /// Lets happen what happens when a run says this.
    pub fn meanwhile(&mut self, line: &str) {
        let acts = self.layout.meanwhile.clone();
        for (_, act) in acts.iter().filter(|(stage, _)| line.starts_with(stage)) {
            match act {
                Act::End(place) => drop(self.agents.remove(place)),
                Act::Restart(place) => {
                    drop(self.agents.remove(place));
                    let agent = self.layout.agent(*place).clone();
                    self.start_agent(&agent);
                }
                Act::SetUp(place, setup) => set_up(&self.spaces, *place, setup),
            }
        }
    }

    fn start_agent(&mut self, agent: &Agent) {
        let (place, path) = (agent.place, |name: &str| self.bench.path(name).display().to_string());
        let octet = place.management().expect("whoever has an agent can be asked");
        let resolver = format!("{}:53", agent.resolver);
        let (trust, control) = (self.bench.public(), format!("172.31.0.{octet}:8443"));
        let (ca, cert, key) = (path("ca.pem"), path("control.crt"), path("control.key"));
        let mut arguments: Vec<&str> = vec!["serve", "--name", agent.name, "--trust", &trust];
        arguments.extend(["--allow", "any", "--resolver", &resolver, "--ca", &ca]);
        arguments.extend(["--tls-listen", &control, "--cert", &cert, "--key", &key]);
        let doors = doors(place);
        arguments.extend(doors.iter().copied());
        arguments.extend(agent.arguments.iter().map(String::as_str));
        let starter = agent.started_by.iter().map(String::as_str);
        let mut words = starter.chain([self.programs.agent]).chain(arguments.iter().copied());
        let mut command = self.spaces[&place].command(words.next().expect("a program"));
        command.args(words);
        let listeners = arguments.iter().filter(|argument| argument.ends_with("listen")).count();
        self.agents.insert(place, Process::start(command, "listening on ", listeners));
    }
}

/// Where the agent at a place answers calls.
fn doors(place: Place) -> &'static [&'static str] {
    match place {
        Place::TestVm => &["--tcp-listen", "10.0.0.4:5432", "--udp-listen", "10.0.0.4:5514"],
        place if place.is_app() => &["--listen", "0.0.0.0:8080", "--trusted-proxies", "10.200.0.1/32"],
        _ => &[],
    }
}

fn start_servers(layout: &Layout, spaces: &Spaces, bench: &Bench) -> Vec<Process> {
    let folder = bench.path("");
    bench.write("nginx.conf", &front::settings(&layout.sites, &folder));
    let mut nginx = spaces[&Place::Front].command("nginx");
    nginx.arg("-p").arg(&folder).arg("-c").arg(bench.path("nginx.conf")).args(["-e", "stderr"]);
    let mut servers = vec![Process::start(nginx, "event method", 1)];
    let records = [&layout.private_names, &layout.public_names];
    for (address, records) in RESOLVERS.into_iter().zip(records) {
        let file = format!("dnsmasq-{address}.conf");
        bench.write(&file, &names::settings(address, records, &folder));
        let mut dnsmasq = spaces[&Place::Fabric].command("dnsmasq");
        dnsmasq.arg("-C").arg(bench.path(&file));
        servers.push(Process::start(dnsmasq, "started, version", 1));
    }
    servers
}

/// Everything that callers trust, and what they should not. Gives the pin of the front end's certificate, by which it is known
/// where it is called by its bare address.
fn write_certificates(bench: &Bench) -> String {
    let (known, stranger) = (Authority::new(), Authority::named("a stranger"));
    bench.write("ca.pem", &known.pem());
    let sites = ["*.azurewebsites.test", "*.scm.azurewebsites.test", "azurewebsites.test"];
    let put = |file: &str, (certificate, key): (String, String)| {
        bench.write(&format!("{file}.crt"), &certificate);
        bench.write(&format!("{file}.key"), &key);
    };
    let mut front = String::new();
    for certificate in Certificate::ALL {
        let issued = match certificate {
            Certificate::Wildcard => known.issue(&sites, Validity::Now),
            Certificate::Expired => known.issue(&sites, Validity::Past),
            Certificate::WrongName => known.issue(&["elsewhere.test"], Validity::Now),
            Certificate::Untrusted => stranger.issue(&sites, Validity::Now),
        };
        if certificate == Certificate::Wildcard {
            front = pin_of(&issued.0);
        }
        put(certificate.file(), issued);
    }
    let control: Vec<String> = Place::HOSTS
        .into_iter()
        .filter_map(Place::management)
        .map(|octet| format!("172.31.0.{octet}"))
        .collect();
    let control: Vec<&str> = control.iter().map(String::as_str).collect();
    put("control", known.issue(&control, Validity::Now));
    front
}
