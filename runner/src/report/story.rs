//! One edge or claim told: what was expected and seen, which line of the scenario says so, on what evidence, what to look at.
//!
//! The one renderer of a verdict: the terminal and `JUnit` both tell an edge with these words. It must not know where the
//! words end up, so nothing here is made safe for anything.

use crate::dispatch::UnaskedWhy;
use crate::judge::Verdict;
use crate::tally::{AgentRecord, ClaimRecord, EdgeRecord, RunRecord};

/// One edge told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Story {
    /// Who called what, and what that came to.
    pub(super) head: String,
    /// Everything else, a fact a line.
    pub(super) body: Vec<String>,
    /// What to look at next.
    pub(super) hint: Option<String>,
}

impl Story {
    /// All lines behind the head.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.body.iter().cloned().chain(self.hint.iter().map(|hint| format!("hint: {hint}")))
    }
}

/// Tells an edge.
pub(super) fn tell(record: &RunRecord, edge: &EdgeRecord) -> Story {
    let judged = &edge.judged;
    let head = format!("{} -> {} {}: {}", edge.vantage, edge.endpoint, edge.family, judged.sentence);
    let mut body =
        vec![format!("rule: {}", rule_of(record, edge.rule)), format!("address: {}", edge.address)];
    body.extend(judged.evidence.iter().map(|line| format!("evidence: {}", counted_once(line))));
    Story { head, body, hint: judged.hint.clone() }
}

/// Tells a claim of an edge.
pub(super) fn tell_claim(record: &RunRecord, edge: &EdgeRecord, claim: &ClaimRecord) -> Story {
    let judged = &claim.judged;
    let head = format!("{} -> {} {}: {}", edge.vantage, edge.endpoint, edge.family, judged.sentence);
    let mut body = vec![format!("claim: {}", line_of(record, claim)), format!("address: {}", edge.address)];
    body.extend(judged.evidence.iter().map(|line| format!("evidence: {}", counted_once(line))));
    Story { head, body, hint: judged.hint.clone() }
}

/// A line of evidence with what it repeats said once, and how often: attempts often come to the same.
fn counted_once(line: &str) -> String {
    let Some((name, attempts)) = line.split_once(": ").filter(|(name, _)| *name == "attempts") else {
        return line.to_owned();
    };
    let mut parts: Vec<(&str, usize)> = Vec::new();
    for part in attempts.split("; ") {
        match parts.last_mut() {
            Some((last, count)) if *last == part => *count += 1,
            _ => parts.push((part, 1)),
        }
    }
    let told = parts.into_iter().map(|(part, count)| match count {
        1 => part.to_owned(),
        _ => format!("{part} ({count} times)"),
    });
    format!("{name}: {}", told.collect::<Vec<_>>().join("; "))
}

/// The line of the scenario that claims it.
pub(super) fn line_of(record: &RunRecord, claim: &ClaimRecord) -> String {
    format!("{}:{}: {}", record.scenario.path, claim.line, claim.text)
}

/// The rule that says so, by name, place and text.
pub(super) fn rule_of(record: &RunRecord, rule: usize) -> String {
    let Some(rule) = record.scenario.rules.get(rule) else { return "unknown".to_owned() };
    let path = &record.scenario.path;
    match (rule.line, &rule.text) {
        (Some(line), Some(text)) if text.contains(&rule.name) => format!("{path}:{line}: {}", text.trim()),
        (Some(line), Some(text)) => format!("{} ({path}:{line}: {})", rule.name, text.trim()),
        (Some(line), None) => format!("{} ({path}:{line})", rule.name),
        (None, _) => format!("{} ({path}: not written, every edge no rule names is denied)", rule.name),
    }
}

/// Whether an edge is worth telling: whatever did not simply pass.
pub(super) fn is_told(edge: &EdgeRecord) -> bool {
    edge.verdict != Verdict::Pass || edge.judged.flaky
}

/// Whether a claim is worth telling. One that could not be judged here by nobody's fault is in the other reports.
pub(super) fn is_claim_told(claim: &ClaimRecord) -> bool {
    matches!(claim.verdict, Verdict::Fail | Verdict::Inconclusive)
}

/// What is wrong with an agent, if something is.
pub(super) fn trouble(agent: &AgentRecord) -> Option<String> {
    let trouble = agent.trouble.as_ref()?;
    let why = match trouble.why {
        UnaskedWhy::NoRoute => "not reached",
        UnaskedWhy::NotCertified => "not known by its certificate",
        UnaskedWhy::Refused => "refused the order",
        UnaskedWhy::NotTrusted => "not to be trusted",
        UnaskedWhy::CutOff => "cut off in its reply",
        UnaskedWhy::Restarted => "cannot tell all",
        UnaskedWhy::Interrupted => "not asked before the run was ended",
        UnaskedWhy::Pointless => "not asked again",
        UnaskedWhy::Broken => "not asked, the runner broke",
    };
    // A command may be long, and the route has it already.
    let detail = match agent.route.strip_prefix("exec ") {
        Some(command) => trouble.detail.replace(&format!("`{command}`"), "its program"),
        None => trouble.detail.to_string(),
    };
    Some(format!("agent `{}` ({}) {why}: {detail}", agent.name, agent.route))
}

#[cfg(test)]
mod tests {
    use super::counted_once;

    #[test]
    fn what_attempts_have_in_common_is_said_once() {
        for (line, told) in [
            (
                "attempts: a in 1 ms; not asked: x; not asked: x; not asked: x",
                "attempts: a in 1 ms; not asked: x (3 times)",
            ),
            ("attempts: a; b; a", "attempts: a; b; a"),
            ("the body begins: a; a", "the body begins: a; a"),
        ] {
            assert_eq!(counted_once(line), told);
        }
    }
}
