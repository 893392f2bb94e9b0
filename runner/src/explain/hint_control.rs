//! What to look at next where an agent could not be asked, or did not say.

use std::fmt::Display;

use crate::dispatch::{Unasked, UnaskedWhy};
use crate::judge::Case;

/// What to do about an agent that could not be asked; without a reason, nothing of it was recorded.
pub(super) fn ask(agent: &impl Display, unasked: Option<&Unasked>) -> String {
    let Some(unasked) = unasked else {
        return format!("run again: nothing was recorded of `{agent}`");
    };
    match unasked.why {
        UnaskedWhy::NoRoute => format!(
            "look whether `{agent}` runs, listens where its `control` says, and lets this runner in; the sentence above names \
             what failed"
        ),
        UnaskedWhy::NotCertified => format!(
            "name the `ca` or the `pin` of its certificate under `control` of `{agent}`: `ringfence-agent call URL --insecure` \
             shows the pin"
        ),
        UnaskedWhy::Refused => format!(
            "`{agent}` says why: look at the `--name` and the `--trust` that it was started with, and at its clock"
        ),
        UnaskedWhy::NotTrusted => format!(
            "something answers in the place of `{agent}`, or changes its replies: look where its `control` leads, and what \
             stands in front of it"
        ),
        UnaskedWhy::CutOff => format!(
            "look at the log of `{agent}`, and for limits on time or size in what stands in front of it"
        ),
        UnaskedWhy::Restarted => restarted(agent),
        UnaskedWhy::Interrupted => AGAIN.to_owned(),
        UnaskedWhy::Pointless => "look at the calls before: none of them came through".to_owned(),
        UnaskedWhy::Broken => "Ringfence broke: report it, with the JSON report".to_owned(),
    }
}

/// The same of the vantage of an edge, as its first attempt says.
pub(super) fn ask_vantage(edge: &Case<'_>) -> String {
    let first = edge.attempts.iter().find_map(|attempt| attempt.sample.as_ref().err());
    ask(&edge.vantage.name, first)
}

/// What to do where the run was ended first.
pub(super) const AGAIN: &str = "run again and let it end";

/// What to do about an agent that was started anew during the run.
pub(super) fn restarted(agent: &impl Display) -> String {
    format!("find out why `{agent}` restarted (a deployment, a health check, memory), and run again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_next_step_of_its_own_that_names_a_setting_or_a_place() {
        for (why, says) in [
            (UnaskedWhy::NoRoute, "listens where its `control` says"),
            (UnaskedWhy::NotCertified, "`pin` of its certificate under `control` of `vm`"),
            (UnaskedWhy::Refused, "`--trust`"),
            (UnaskedWhy::NotTrusted, "stands in front"),
            (UnaskedWhy::CutOff, "log of `vm`"),
            (UnaskedWhy::Restarted, "why `vm` restarted"),
            (UnaskedWhy::Interrupted, "let it end"),
            (UnaskedWhy::Pointless, "the calls before"),
            (UnaskedWhy::Broken, "report it"),
        ] {
            let hint = ask(&"vm", Some(&Unasked { why, detail: "closed".into() }));
            assert!(hint.contains(says), "{why:?}: {hint}");
        }
        assert!(ask(&"vm", None).contains("nothing was recorded of `vm`"));
    }
}
