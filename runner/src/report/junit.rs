//! The report for CI: `JUnit` XML, a suite a vantage, a case an edge, and behind it a case for each of its claims.
//!
//! Readers differ, so the file keeps to what all of them take: flat suites, unique names, one-line messages that are
//! repeated in the text, UTC without a zone, seconds with a dot, and no more cases than they read.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use ringfence_contract::name::AgentName;

use super::comparison;
use super::junit_case::{Cases, Folded, took};
use super::latency::{self, Detail};
use super::notices;
use super::page::{Marks, Page, Style};
use super::story;
use super::text::{timestamp, xml, xml_line};
use super::throughput;
use crate::tally::{AgentRecord, Change, Comparison, Direction, EdgeRecord, RunRecord};

/// Writes the record as `JUnit` XML.
///
/// # Errors
///
/// Those of the writer.
pub fn junit(record: &RunRecord, writer: impl Write) -> io::Result<()> {
    let mut report = Report::new(xml_line(&record.scenario.name));
    report.set_time(Duration::from_millis(record.took_ms));
    report.add_test_suite(agents_suite(record));
    // In the order of the edges: a vantage is never left out, whatever the record says of its agent.
    let mut vantages: IndexMap<&AgentName, Vec<&EdgeRecord>> = IndexMap::new();
    for edge in &record.edges {
        vantages.entry(&edge.vantage).or_default().push(edge);
    }
    let agents: HashMap<&AgentName, &AgentRecord> =
        record.agents.iter().map(|agent| (&agent.name, agent)).collect();
    let mut cases = Cases::of(record);
    for (vantage, edges) in vantages {
        report.add_test_suite(vantage_suite(&mut cases, vantage, agents.get(vantage).copied(), &edges));
    }
    report.add_test_suites(record.baseline.iter().map(|baseline| baseline_suite(record, baseline)));
    report.serialize(writer).map_err(io::Error::other)
}

/// Every agent as a case of its own, so that a run that never got going is seen to have failed.
fn agents_suite(record: &RunRecord) -> TestSuite {
    let mut suite = suite(record, "agents");
    for agent in &record.agents {
        let mut status = TestCaseStatus::success();
        if let Some(trouble) = story::trouble(agent) {
            status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("agent-not-asked").set_message(xml_line(&trouble)).set_description(xml(&trouble));
        }
        let mut case = TestCase::new(xml_line(&format!("agent {}", agent.name)), status);
        case.set_classname(xml_line(&format!("{}.agents", record.scenario.name)));
        if let Some(hello_us) = agent.hello_us {
            case.set_time(Duration::from_micros(hello_us));
        }
        suite.add_test_case(case);
    }
    if !record.notices.is_empty() {
        suite.set_system_out(xml(&notices::text(record)));
    }
    suite
}

fn vantage_suite(
    cases: &mut Cases<'_>,
    vantage: &AgentName,
    agent: Option<&AgentRecord>,
    edges: &[&EdgeRecord],
) -> TestSuite {
    let mut suite = suite(cases.record(), vantage.as_str());
    suite.extra.insert("hostname".into(), xml_line(vantage.as_str()).into());
    let facts = agent.map(|agent| {
        [("route", Some(&agent.route)), ("zone", agent.zone.as_ref()), ("version", agent.version.as_ref())]
    });
    for (name, value) in facts.into_iter().flatten() {
        if let Some(value) = value {
            suite.add_property((name, xml_line(value).as_str()));
        }
    }
    let times = edges.iter().filter_map(|edge| took(edge));
    suite.set_time(times.sum());
    let (class, mut folded) = (cases.class(vantage), Folded::default());
    for edge in edges {
        suite.add_test_cases(cases.edge(edge, &class, &mut folded));
        for claim in &edge.claims {
            suite.add_test_cases(cases.claim(edge, claim, &class, &mut folded));
        }
    }
    folded.close(&mut suite, &class);
    let measured = measured(edges);
    if !measured.is_empty() {
        suite.set_system_out(xml(&measured));
    }
    suite
}

/// How fast the edges of a vantage are: the terminal's table, and what it has no room for.
fn measured(edges: &[&EdgeRecord]) -> String {
    let mut page = Page::new(Style::unwrapped());
    latency::draw(&mut page, edges.iter().copied(), Detail::Whole, Marks::Plain);
    throughput::draw(&mut page, edges.iter().copied());
    page.finish()
}

/// The changes since the baseline, a case for each edge and kind of change, so that names stay the same from run to run;
/// what is worse fails. Where nothing changed, a case says so.
fn baseline_suite(record: &RunRecord, baseline: &Comparison) -> TestSuite {
    let mut suite = suite(record, "baseline");
    let mut cases: IndexMap<String, Vec<&Change>> = IndexMap::new();
    for change in &baseline.changes {
        let Change { vantage, endpoint, family, kind, .. } = change;
        cases.entry(format!("{vantage} -> {endpoint} {family}: {kind}")).or_default().push(change);
    }
    if cases.is_empty() {
        cases.insert("nothing changed".to_owned(), Vec::new());
    }
    for (name, changes) in cases {
        let mut case = TestCase::new(xml_line(&name), changed(&changes));
        case.set_classname(xml_line(&format!("{}.baseline", record.scenario.name)));
        suite.add_test_case(case);
    }
    suite
}

fn changed(changes: &[&Change]) -> TestCaseStatus {
    let Some(worst) = changes.iter().find(|change| change.direction == Direction::Worse) else {
        return TestCaseStatus::success();
    };
    let told: Vec<String> = changes.iter().map(|change| comparison::told(change)).collect();
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(worst.kind.as_str());
    status.set_message(xml_line(&comparison::told(worst)));
    status.set_description(xml(&told.join("\n")));
    status
}

fn suite(record: &RunRecord, name: &str) -> TestSuite {
    let mut suite = TestSuite::new(xml_line(name));
    suite.extra.insert("timestamp".into(), timestamp(record.started_ms).into());
    suite
}
