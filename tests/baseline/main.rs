//! How often `--baseline` and `compare` are wrong, while other work comes and goes on the caller's machine: a measurement.
//!
//! ```text
//! cargo test -p ringfence-tests --bench baseline --locked [-- same N | slower N | slower-calm N]
//! ```
//!
//! An agent is measured through two doors that hand its calls on 1 ms and 5 ms later. *same*: run after run, each held against
//! the one before; every edge that is said to be slower is a false alarm. *slower*: pairs of runs, the second with doors
//! that take so much longer that a call's median is 20 % more; every edge that is not said to be slower is missed.
//! *slower-calm* is the same without other work.

mod door;
mod load;

use std::io::Write;
use std::time::Duration;

use ringfence_tests::programs::{AgentProcess, Bench, Programs};

use door::Door;
use load::Load;

const PROGRAMS: Programs = Programs {
    runner: env!("CARGO_BIN_EXE_ringfence-under-test"),
    agent: env!("CARGO_BIN_EXE_ringfence-agent-under-test"),
};

/// The doors: the name of the endpoint behind each, and by how many microseconds it is late.
const DOORS: [(&str, u64); 2] = [("one", 1_000), ("five", 5_000)];

/// How much slower the slower runs are, in percent of a call's median.
const SLOWER_PERCENT: u64 = 20;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number = |word: &str, usual: usize| {
        let place = wanted.iter().position(|wanted| wanted == word);
        let given = place.and_then(|place| wanted.get(place + 1)?.parse().ok());
        match (place, given) {
            (Some(_), Some(given)) => given,
            (Some(_), None) => usual,
            (None, _) if wanted.is_empty() => usual,
            (None, _) => 0,
        }
    };
    let stage = Stage::build();
    let (same, slower, calm) = (number("same", 300), number("slower", 100), number("slower-calm", 100));
    if same > 0 {
        let _load = Load::begin();
        stage.same(same);
    }
    if slower > 0 {
        let _load = Load::begin();
        stage.slower("under load", slower);
    }
    if calm > 0 {
        stage.slower("without load", calm);
    }
}

struct Stage {
    bench: Bench,
    doors: Vec<Door>,
    /// How much more each door takes in slower runs.
    more: Vec<Duration>,
    _agents: Vec<AgentProcess>,
}

/// What was said of pairs of measurements.
#[derive(Default)]
struct Score {
    pairs: usize,
    worse: usize,
    unlike: usize,
    again: usize,
}

impl Stage {
    fn build() -> Self {
        let bench = Bench::new(PROGRAMS);
        let agent = |name: &str, at: &str| bench.agent(name, at, &["--listen"]);
        let (vm, app) = (agent("vm", "127.42.1.4"), agent("app", "127.42.2.4"));
        let doors: Vec<Door> =
            DOORS.iter().map(|_| Door::open("127.42.3.4:0", app.address("http"))).collect();
        let endpoints =
            DOORS.iter().zip(&doors).map(|((name, _), door)| format!("{name}: \"http://{}\"", door.address));
        let endpoints = endpoints.collect::<Vec<_>>().join(", ");
        let (vm_at, app_at) = (vm.address("http"), app.address("http"));
        let text = format!(
            "name: pairs
agents:
  vm: {{ control: \"http://{vm_at}\" }}
  app: {{ control: \"http://{app_at}\", endpoints: {{ {endpoints} }} }}
rules: [{{ name: measured, from: vm, to: app/*, expect: allow, latency: {{ samples: 500, rate: 250/s }} }}]
otherwise: untested
"
        );
        bench.write("s.yaml", &text);
        let mut stage = Self { bench, doors, more: Vec::new(), _agents: vec![vm, app] };
        stage.set(false);
        stage.run("pilot.json", None);
        let medians = stage.medians("pilot.json");
        stage.more = medians.iter().map(|ns| Duration::from_nanos(ns * SLOWER_PERCENT / 100)).collect();
        say(&format!("a call's median: {medians:?} ns; slower by {:?}", stage.more));
        stage
    }

    fn set(&self, slower: bool) {
        for (place, (door, (_, delay_us))) in self.doors.iter().zip(DOORS).enumerate() {
            let more = self.more.get(place).copied().filter(|_| slower).unwrap_or_default();
            door.delay(Duration::from_micros(delay_us) + more);
        }
    }

    /// Runs once, held against an older run.
    fn run(&self, record: &str, baseline: Option<&str>) {
        let mut arguments = vec!["verify", "s.yaml", "--progress", "none", "--json", record];
        arguments.extend(baseline.into_iter().flat_map(|old| ["--baseline", old]));
        let output = self.bench.command(&arguments).output().expect("the runner runs");
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1)), "{code:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn record(&self, record: &str) -> serde_json::Value {
        let text = std::fs::read_to_string(self.bench.path(record)).expect("a record was written");
        serde_json::from_str(&text).expect("a record")
    }

    /// The median way of each edge, in nanoseconds, of the fastest block.
    fn medians(&self, record: &str) -> Vec<u64> {
        let record = self.record(record);
        let edges = record["edges"].as_array().expect("edges");
        let median = |block: &serde_json::Value| {
            let pairs = block["way"].as_array().expect("a histogram");
            let pairs: Vec<(u64, u64)> = pairs
                .iter()
                .map(|pair| (pair[0].as_u64().expect("ns"), pair[1].as_u64().expect("a count")))
                .collect();
            let half = pairs.iter().map(|(_, count)| count).sum::<u64>().div_ceil(2);
            let mut seen = 0;
            let found = pairs.iter().find(|(_, count)| {
                seen += count;
                seen >= half
            });
            found.map(|(ns, _)| *ns)
        };
        let of = |edge: &serde_json::Value| {
            let blocks = edge["measurement"]["blocks"].as_array().expect("blocks");
            blocks.iter().filter_map(median).min().expect("answered calls")
        };
        edges.iter().map(of).collect()
    }

    /// Adds what a run says of its edges beside the older one.
    fn count(&self, record: &str, score: &mut Score) {
        let record = self.record(record);
        let changes = record["baseline"]["changes"].as_array().expect("a comparison");
        let of = |endpoint: &str, direction: &str| {
            let is_it = |change: &serde_json::Value| {
                change["endpoint"] == *endpoint
                    && change["kind"] == "latency"
                    && change["direction"] == *direction
            };
            changes.iter().any(is_it)
        };
        for (name, _) in DOORS {
            let endpoint = format!("app/{name}");
            score.pairs += 1;
            score.worse += usize::from(of(&endpoint, "worse"));
            score.unlike += usize::from(of(&endpoint, "aside"));
        }
        let again = |edge: &serde_json::Value| edge["measurement"]["again"].as_array().map_or(0, Vec::len);
        score.again += record["edges"].as_array().expect("edges").iter().map(again).sum::<usize>();
    }

    /// Whether `compare` says that a record is worse than another.
    fn compared(&self, old: &str, new: &str) -> usize {
        let output = self.bench.command(&["compare", old, new]).output().expect("the runner runs");
        usize::from(output.status.code() == Some(1))
    }

    fn same(&self, pairs: usize) {
        let mut score = Score::default();
        let (mut worse, mut compared) = (0, 0);
        self.run("same-0.json", None);
        for number in 1.. {
            let (old, new) = (format!("same-{}.json", number - 1), format!("same-{number}.json"));
            self.run(&new, Some(&old));
            self.count(&new, &mut score);
            if number > 1 {
                worse += self.compared("same-0.json", &new);
                compared += 1;
            }
            if score.pairs % 20 < DOORS.len() || score.pairs >= pairs {
                say(&format!(
                    "same, under load: {}; by `compare` with the first run: {worse} of {compared} runs",
                    told(&score)
                ));
            }
            if score.pairs >= pairs {
                return;
            }
        }
    }

    fn slower(&self, how: &str, pairs: usize) {
        let mut score = Score::default();
        while score.pairs < pairs {
            self.set(false);
            self.run("before.json", None);
            self.set(true);
            self.run("after.json", Some("before.json"));
            self.set(false);
            self.count("after.json", &mut score);
            if score.pairs % 20 < DOORS.len() || score.pairs >= pairs {
                say(&format!("{SLOWER_PERCENT} % slower, {how}: {}", told(&score)));
            }
        }
    }
}

fn told(score: &Score) -> String {
    let Score { pairs, worse, unlike, again } = score;
    format!("{worse} of {pairs} pairs worse, {unlike} not judged, {again} measurements made again")
}

fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("standard output takes text");
}
