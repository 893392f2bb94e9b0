//! The pure rooms, each by itself, on fleets of 16, 1,024 and 10,000 edges: `cargo bench -p ringfence --bench rooms`.

mod fleet;

use std::hint::black_box;
use std::io;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringfence::dispatch::Observations;
use ringfence::explain::{Judgement, explain};
use ringfence::judge::{Grounds, judge};
use ringfence::plan::{Plan, expand};
use ringfence::report::{Style, json, junit, terminal};
use ringfence::scenario::Scenario;
use ringfence::tally::tally;

/// How many agents there are; as many edges as their square.
const AGENTS: [usize; 3] = [4, 32, 100];

/// A run over a fleet.
struct Run {
    scenario: Scenario,
    plan: Plan,
    observations: Observations,
}

impl Run {
    fn over(agents: usize) -> Self {
        let scenario = fleet::read_text(fleet::text(agents));
        let plan = expand(&scenario);
        let observations = fleet::observe(&scenario, &plan);
        Self { scenario, plan, observations }
    }
}

fn judged(scenario: &Scenario, plan: &Plan, observations: &Observations) -> Vec<Judgement> {
    let grounds = Grounds::gather(scenario, plan, observations);
    explain(&grounds, judge(&grounds))
}

fn rooms(criterion: &mut Criterion) {
    for run in AGENTS.map(Run::over) {
        let Run { scenario, plan, observations } = run;
        let edges = plan.edges.len();
        let mut group = criterion.benchmark_group("rooms");
        group.throughput(Throughput::Elements(edges as u64));
        let id = |room: &str| BenchmarkId::new(room, edges);
        let text = fleet::text(scenario.agents.len() - 1);
        group.bench_function(id("read"), |bench| {
            bench.iter_batched(|| text.clone(), fleet::read_text, BatchSize::LargeInput);
        });
        group.bench_function(id("expand"), |bench| bench.iter(|| expand(black_box(&scenario))));
        group.bench_function(id("judge"), |bench| {
            bench.iter(|| judged(&scenario, &plan, black_box(&observations)));
        });
        let judged = judged(&scenario, &plan, &observations);
        group.bench_function(id("tally"), |bench| {
            let given = || (observations.clone(), judged.clone(), fleet::facts());
            bench.iter_batched(
                given,
                |(seen, judged, facts)| tally(&scenario, &plan, seen, (judged, Vec::new()), facts),
                BatchSize::LargeInput,
            );
        });
        let record = tally(&scenario, &plan, observations, (judged, Vec::new()), fleet::facts());
        group.bench_function(id("terminal"), |bench| {
            bench.iter(|| terminal(black_box(&record), Style::default()));
        });
        group.bench_function(id("junit"), |bench| bench.iter(|| junit(black_box(&record), io::sink())));
        group.bench_function(id("json"), |bench| bench.iter(|| json(black_box(&record), io::sink())));
        group.finish();
    }
}

criterion_group!(benches, rooms);
criterion_main!(benches);
