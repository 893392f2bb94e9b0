//! What was seen, quoted: what a sample came to, who showed what, and what a peer said, on one line and cut short.

use std::fmt::Write as _;

use ringfence_contract::outcome::{Outcome, Unsealed};
use ringfence_contract::quantity::time;
use ringfence_contract::sample::Sample;

use crate::judge::platform::BARE_DENIAL;
use crate::judge::{Case, Witnessed};

/// The longest quotation of what a peer said, in characters.
const QUOTE_MAX: usize = 80;

/// The longest quotation of why an agent was not asked or a handshake failed, in characters: what to do often comes last.
const DETAIL_MAX: usize = 300;

/// What a sample saw: the outcome, its facts and how long it took.
pub(super) fn saw(sample: &Sample) -> String {
    let mut text = format!("`{}`", sample.outcome.kind());
    let from = sample.remote.map(|remote| format!(" from {}", remote.ip())).unwrap_or_default();
    let facts = match &sample.outcome {
        Outcome::Answered(_) => from,
        Outcome::Misanswered(answered) => format!(" by `{}`{from}", answered.agent),
        Outcome::Forbidden(forbidden) => match forbidden.saw {
            Some(address) => format!(" ({}, which saw {address})", quote(&forbidden.fingerprint)),
            None => format!(" ({})", quote(&forbidden.fingerprint)),
        },
        Outcome::Unsealed(unsealed) => format!(" {}", saw_unsealed(unsealed)),
        Outcome::Refused => String::new(),
        Outcome::Reset(reset) => format!(" ({reset})"),
        Outcome::Unreachable(what) => format!(" ({what})"),
        Outcome::TimedOut(phase) => format!(" ({phase})"),
        Outcome::Unresolved(unresolved) => {
            let rcode =
                unresolved.rcode.as_deref().map(|rcode| format!(", {}", quote(rcode))).unwrap_or_default();
            format!(" ({}{rcode})", unresolved.why)
        }
        Outcome::TlsFailed(failed) => format!(" ({})", failed.why),
        Outcome::NotSent(not_sent) => format!(" ({}: {})", not_sent.why, quote(&not_sent.detail)),
    };
    text.push_str(&facts);
    if let Some(total_us) = sample.phases.total_us {
        // A text takes any formatting.
        let _written = write!(text, " in {}", time(u64::from(total_us) * 1_000));
    }
    text
}

fn saw_unsealed(unsealed: &Unsealed) -> String {
    let mut facts = vec![match unsealed.status {
        Some(BARE_DENIAL) => format!("status {BARE_DENIAL} without the platform's fingerprint"),
        Some(status) => format!("status {status}"),
        None if begins_as_http(unsealed) => "bytes that begin as HTTP does".to_owned(),
        None => "bytes that are not HTTP".to_owned(),
    }];
    facts.extend(unsealed.server.as_deref().map(|server| format!("server `{}`", quote(server))));
    facts.extend(unsealed.location.as_deref().map(|location| format!("location `{}`", quote(location))));
    facts.extend(unsealed.flaw.map(|flaw| format!("its seal {flaw}")));
    facts.join(", ")
}

/// Whether what came to a call that speaks no HTTP is an HTTP answer (RFC 9112 section 4).
pub(super) fn begins_as_http(unsealed: &Unsealed) -> bool {
    unsealed.body.starts_with("HTTP/1.")
}

/// Witnesses by name, for a sentence or a line of evidence.
pub(super) fn name_witnesses(case: &Case<'_>, witnessed: Witnessed) -> String {
    let name = |by: Option<_>| match by {
        Some(by) => format!("`{}`", case.scenario.agent(by).name),
        None => "nobody".to_owned(),
    };
    match (witnessed.before, witnessed.after) {
        (None, None) => "nobody".to_owned(),
        (before, after) if before == after => format!("{} before and after", name(before)),
        (before, after) => format!("{} before and {} after", name(before), name(after)),
    }
}

/// What a peer said, on one line and cut short.
pub(super) fn quote(text: &str) -> String {
    cut_at(QUOTE_MAX, text)
}

/// Why an agent was not asked or a handshake failed, on one line and cut less short.
pub(super) fn quote_detail(text: &str) -> String {
    cut_at(DETAIL_MAX, text)
}

fn cut_at(max: usize, text: &str) -> String {
    let plain: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = plain.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
    let mut cut: String = line.chars().take(max).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::{DETAIL_MAX, quote, quote_detail};
    use crate::dispatch::UnaskedWhy;
    use crate::judge::sample_run::{OUTSIDER, OUTSIDER_TO_SITE, Scene, answered, attempt, unasked};
    use crate::scenario::Control;

    #[test]
    fn the_useful_half_of_a_control_trouble_is_kept() {
        let detail = "https://agent.example.test:8443: status `404`: no agent takes orders at this address, or it \
                      does not trust this key";
        let mut untold = unasked(UnaskedWhy::NoRoute);
        untold.sample.as_mut().expect_err("it was not asked").detail = detail.into();
        let scene = Scene::sound().with(|scene| scene.observations.reach[OUTSIDER_TO_SITE] = vec![untold]);
        let sentence = scene.edge(OUTSIDER_TO_SITE).sentence;
        assert_eq!(sentence, format!("`outsider` could not be asked: {detail}"));
        let long = quote_detail(&"x\n\u{1b}".repeat(1_000));
        assert_eq!(long.chars().count(), DETAIL_MAX + 1, "and cut all the same");
        assert!(!long.contains(char::is_control));
        assert_eq!(quote(&"x".repeat(1_000)).chars().count(), 81);
    }

    #[test]
    fn a_line_of_attempts_does_not_repeat_the_command_of_a_route() {
        let scene = Scene::sound().with(|scene| {
            let command = "ssh far.test ringfence-agent serve".split(' ').map(str::to_owned).collect();
            scene.scenario.agents[OUTSIDER.0].control = Control::Exec(command);
            let mut ended = unasked(UnaskedWhy::NoRoute);
            ended.sample.as_mut().expect_err("it was not asked").detail =
                "`ssh far.test ringfence-agent serve` ended, saying nothing".into();
            let reached = attempt(answered("198.51.100.7"));
            scene.observations.reach[OUTSIDER_TO_SITE] = vec![reached, ended.clone(), ended];
        });
        let evidence = scene.edge(OUTSIDER_TO_SITE).evidence.join("\n");
        assert_eq!(evidence.matches("its program ended, saying nothing").count(), 2, "{evidence}");
        assert!(!evidence.contains("far.test"), "{evidence}");
    }
}
