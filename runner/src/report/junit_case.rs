//! The cases of the report for CI: one an edge and one a claim, or, where there are more than readers take, one for all that
//! passed. A judgement is a `failure`; ignorance is an `error`.
//!
//! What readers take differs. GitLab: 30 MB a file, 500,000 cases, and since 17.6 some 250,000 XML objects, of which a case
//! told in full has about 15 (`docs.gitlab.com/ci/testing/unit_test_reports`, gitlab-org/gitlab issue 507482). Jenkins reads
//! the whole file into its heap. Buildkite: 5,000 cases a file. So the limits here keep a report of up to some 20,000 edges
//! that did not pass inside all but the last.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestRerun, TestSuite, XmlString};
use ringfence_contract::name::AgentName;

use super::story::{self, Story};
use super::text::{xml, xml_line};
use crate::judge::Verdict;
use crate::tally::{AttemptRecord, ClaimRecord, EdgeRecord, RunRecord};

/// The most edges and claims that have a case each. Where there are more, those of a suite that passed share one, and so do
/// those that were skipped.
const CASES_MAX: usize = 10_000;

/// The most stories told in full where cases are folded; the cases behind these have their message alone.
const STORIES_MAX: usize = 5_000;

/// Makes the cases of one report.
pub(super) struct Cases<'r> {
    record: &'r RunRecord,
    is_folded: bool,
    stories_left: usize,
    /// The rules, as a case tells its own. A text is made fit for XML once: many cases share it, and that takes its time.
    rules: Vec<XmlString>,
}

/// What passed or was skipped in one suite and has no case of its own: how much of it for which reason.
#[derive(Debug, Default)]
pub(super) struct Folded {
    passed: BTreeMap<&'static str, usize>,
    skipped: BTreeMap<&'static str, usize>,
}

impl<'r> Cases<'r> {
    pub(super) fn of(record: &'r RunRecord) -> Self {
        let all = record.summary.edges + record.summary.claims.all;
        let rule = |rule| xml_line(&story::rule_of(record, rule)).into();
        let rules = (0..record.scenario.rules.len()).map(rule).collect();
        Self { record, is_folded: all > CASES_MAX, stories_left: STORIES_MAX, rules }
    }

    pub(super) fn record(&self) -> &'r RunRecord {
        self.record
    }

    /// The class of a vantage's cases.
    pub(super) fn class(&self, vantage: &AgentName) -> XmlString {
        xml_line(&format!("{}.{vantage}", self.record.scenario.name)).into()
    }

    /// The case of an edge, in the class of its vantage, unless it is folded.
    pub(super) fn edge(
        &mut self,
        edge: &EdgeRecord,
        class: &XmlString,
        folded: &mut Folded,
    ) -> Option<TestCase> {
        let judged = &edge.judged;
        if self.is_folded && !judged.flaky && folded.takes(edge.verdict, judged.reason.as_str()) {
            return None;
        }
        let record = self.record;
        let because = (judged.reason.as_str(), judged.sentence.as_str());
        let status = self.told(edge.verdict, because, || story::tell(record, edge));
        let name = format!("{} {}: {}", edge.endpoint, edge.family, edge.expect);
        let mut case = TestCase::new(xml_line(&name), status.unwrap_or_else(|| passed(edge)));
        case.set_classname(class.clone());
        if let Some(took) = took(edge) {
            case.set_time(took);
        }
        let rule = || self.rules.get(edge.rule).cloned().unwrap_or_else(|| "unknown".into());
        self.add_facts(&mut case, judged.reason.as_str(), || ("rule", rule()), &judged.evidence);
        Some(case)
    }

    /// The case of a claim of an edge, unless it is folded. How long it took is no part of the suite's time: the edge's
    /// calls have that in theirs.
    pub(super) fn claim(
        &mut self,
        edge: &EdgeRecord,
        claim: &ClaimRecord,
        class: &XmlString,
        folded: &mut Folded,
    ) -> Option<TestCase> {
        let judged = &claim.judged;
        if self.is_folded && folded.takes(claim.verdict, judged.reason.as_str()) {
            return None;
        }
        let record = self.record;
        let because = (judged.reason.as_str(), judged.sentence.as_str());
        let status = self.told(claim.verdict, because, || story::tell_claim(record, edge, claim));
        let name = format!("{} {}: {}", edge.endpoint, edge.family, claim.claimed);
        let mut case = TestCase::new(xml_line(&name), status.unwrap_or_else(TestCaseStatus::success));
        case.set_classname(class.clone());
        if let Some(took_us) = judged.took_us {
            case.set_time(Duration::from_micros(took_us));
        }
        let line = || ("claim", xml_line(&story::line_of(record, claim)).into());
        self.add_facts(&mut case, judged.reason.as_str(), line, &judged.evidence);
        Some(case)
    }

    /// What is said beside the verdict: where cases are folded, the story says it alone.
    fn add_facts(
        &self,
        case: &mut TestCase,
        reason: &str,
        line: impl FnOnce() -> (&'static str, XmlString),
        evidence: &[String],
    ) {
        if self.is_folded {
            return;
        }
        let (name, line) = line();
        case.add_property(("reason", reason)).add_property(Property::new(name, line));
        if !evidence.is_empty() {
            case.set_system_out(xml(&evidence.join("\n")));
        }
    }

    /// What did not pass, told for its reason and in its sentence; none for what passed.
    fn told(
        &mut self,
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
        status.set_type(reason).set_message(xml_line(sentence));
        if self.is_folded && self.stories_left == 0 {
            status.set_description(xml(sentence));
            return Some(status);
        }
        self.stories_left = self.stories_left.saturating_sub(1);
        let story = story();
        status.set_description(xml(&format!(
            "{}\n{}",
            story.head,
            story.lines().collect::<Vec<_>>().join("\n")
        )));
        Some(status)
    }
}

impl Folded {
    /// Takes what needs no case of its own, and says whether it did.
    fn takes(&mut self, verdict: Verdict, reason: &'static str) -> bool {
        let counts = match verdict {
            Verdict::Pass => &mut self.passed,
            Verdict::Skipped => &mut self.skipped,
            Verdict::Fail | Verdict::Inconclusive => return false,
        };
        *counts.entry(reason).or_default() += 1;
        true
    }

    /// Puts a case for all that passed into the suite, and one for all that was skipped. The suite still counts each edge
    /// and claim that they stand for.
    pub(super) fn close(self, suite: &mut TestSuite, class: &XmlString) {
        let count = |counts: &BTreeMap<&str, usize>| counts.values().sum::<usize>();
        suite.skipped += count(&self.skipped).saturating_sub(1);
        for (name, counts, status) in [
            ("all that passed", self.passed, TestCaseStatus::success()),
            ("all that was skipped", self.skipped, TestCaseStatus::skipped()),
        ] {
            let count = count(&counts);
            if count > 0 {
                let told: Vec<String> =
                    counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
                let mut case = TestCase::new(name, status);
                case.set_classname(class.clone()).set_assertions(count);
                case.set_system_out(format!("{}; the JSON report has each", told.join(", ")));
                suite.add_test_case(case);
                suite.tests += count - 1;
            }
        }
    }
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
pub(super) fn took(edge: &EdgeRecord) -> Option<Duration> {
    let decided = edge.judged.decided_by.and_then(|place| edge.attempts.get(place));
    let sample = decided.or(edge.attempts.last())?.sample.as_ref()?;
    sample.phases.total_us.map(|us| Duration::from_micros(us.into()))
}
