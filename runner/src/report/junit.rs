//! The report for CI: `JUnit` XML, a suite a vantage, a case an edge, and behind it a case for each of its claims.
//!
//! Readers differ, so the file keeps to what all of them take: flat suites, unique names, one-line messages that are
//! repeated in the text, UTC without a zone, seconds with a dot. A judgement is a `failure`; ignorance is an `error`.

use std::collections::HashMap;
use std::time::Duration;

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};
use ringfence_contract::name::AgentName;

use super::comparison;
use super::story::{self, Story};
use super::text::{timestamp, xml, xml_line};
use crate::judge::Verdict;
use crate::tally::{
    AgentRecord, AttemptRecord, Change, ClaimRecord, Comparison, Direction, EdgeRecord, RunRecord,
};

/// Writes the record as `JUnit` XML.
///
/// # Panics
///
/// Never: writing to memory does not fail.
#[must_use]
pub fn junit(record: &RunRecord) -> String {
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
    for (vantage, edges) in vantages {
        report.add_test_suite(vantage_suite(record, vantage, agents.get(vantage).copied(), &edges));
    }
    report.add_test_suites(record.baseline.iter().map(|baseline| baseline_suite(record, baseline)));
    report.to_string().expect("writing to memory does not fail")
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
    suite
}

fn vantage_suite(
    record: &RunRecord,
    vantage: &AgentName,
    agent: Option<&AgentRecord>,
    edges: &[&EdgeRecord],
) -> TestSuite {
    let mut suite = suite(record, vantage.as_str());
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
    for edge in edges {
        suite.add_test_case(edge_case(record, edge));
        suite.add_test_cases(edge.claims.iter().map(|claim| claim_case(record, edge, claim)));
    }
    suite
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

fn edge_case(record: &RunRecord, edge: &EdgeRecord) -> TestCase {
    let name = format!("{} {}: {}", edge.endpoint, edge.family, edge.expect);
    let mut case = TestCase::new(xml_line(&name), status(record, edge));
    case.set_classname(xml_line(&format!("{}.{}", record.scenario.name, edge.vantage)));
    if let Some(took) = took(edge) {
        case.set_time(took);
    }
    case.add_property(("reason", edge.judged.reason.as_str()));
    case.add_property(("rule", xml_line(&story::rule_of(record, edge)).as_str()));
    if !edge.judged.evidence.is_empty() {
        case.set_system_out(xml(&edge.judged.evidence.join("\n")));
    }
    case
}

/// A claim of an edge. How long it took is no part of the suite's time: the edge's calls have that in theirs.
fn claim_case(record: &RunRecord, edge: &EdgeRecord, claim: &ClaimRecord) -> TestCase {
    let judged = &claim.judged;
    let name = format!("{} {}: {}", edge.endpoint, edge.family, claim.claimed);
    let story = || story::tell_claim(record, edge, claim);
    let told = told(claim.verdict, (judged.reason.as_str(), &judged.sentence), story);
    let mut case = TestCase::new(xml_line(&name), told.unwrap_or_else(TestCaseStatus::success));
    case.set_classname(xml_line(&format!("{}.{}", record.scenario.name, edge.vantage)));
    if let Some(took_us) = judged.took_us {
        case.set_time(Duration::from_micros(took_us));
    }
    case.add_property(("reason", judged.reason.as_str()));
    case.add_property(("claim", xml_line(&story::line_of(record, claim)).as_str()));
    if !judged.evidence.is_empty() {
        case.set_system_out(xml(&judged.evidence.join("\n")));
    }
    case
}

fn status(record: &RunRecord, edge: &EdgeRecord) -> TestCaseStatus {
    let because = (edge.judged.reason.as_str(), edge.judged.sentence.as_str());
    told(edge.verdict, because, || story::tell(record, edge)).unwrap_or_else(|| passed(edge))
}

/// What did not pass, told for its reason and in its sentence; none for what passed.
fn told(
    verdict: Verdict,
    (reason, sentence): (&str, &str),
    story: impl FnOnce() -> Story,
) -> Option<TestCaseStatus> {
    let mut status = match verdict {
        Verdict::Pass => return None,
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Skipped => TestCaseStatus::skipped(),
    };
    let story = story();
    let text = format!("{}\n{}", story.head, story.body.join("\n"));
    status.set_type(reason);
    status.set_message(xml_line(sentence));
    status.set_description(xml(&text));
    Some(status)
}

/// A pass; on a retry, with the attempts that failed before it.
fn passed(edge: &EdgeRecord) -> TestCaseStatus {
    let mut status = TestCaseStatus::success();
    if edge.judged.flaky {
        let failed = edge.attempts.iter().take(edge.judged.decided_by.unwrap_or_default());
        status.add_reruns(failed.map(failed_attempt));
    }
    status
}

fn failed_attempt(attempt: &AttemptRecord) -> TestRerun {
    let mut rerun = TestRerun::new(NonSuccessKind::Failure);
    let seen = match (&attempt.sample, &attempt.unasked) {
        (Some(sample), _) => sample.outcome.kind().to_string(),
        (None, Some(unasked)) => xml_line(&unasked.detail),
        (None, None) => "nothing was recorded".to_owned(),
    };
    rerun.set_type("attempt").set_message(seen);
    rerun
}

/// How long the telling call took: the one that decided, or the last.
fn took(edge: &EdgeRecord) -> Option<Duration> {
    let decided = edge.judged.decided_by.and_then(|place| edge.attempts.get(place));
    let sample = decided.or(edge.attempts.last())?.sample.as_ref()?;
    sample.phases.total_us.map(Duration::from_micros)
}
