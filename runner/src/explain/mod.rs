//! How it is said: [`Grounds`] and findings in, words out: a sentence, lines of evidence and a hint for each edge and each
//! claim. No word changes a verdict.

mod budget_words;
mod claim;
mod edge;
mod evidence;
pub mod figure;
mod hint;
mod hint_blocked;
mod hint_contact;
mod hint_control;
mod hint_open;
mod hint_witness;
mod judgement;
mod name_words;
mod notice_words;
mod seen;
mod sentence;
mod settings;
mod throughput_words;

#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod name_tests;
#[cfg(test)]
mod places;
#[cfg(test)]
mod quoting;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod throughput_tests;
#[cfg(test)]
mod told;

pub use judgement::{JudgedClaim, JudgedEdge, Judgement};
pub use notice_words::{ToldNotice, tell};

use crate::judge::{Case, Grounds, Judged};
use crate::plan::claims;

/// Puts findings into words: one [`Judgement`] an edge, in the plan's order. `judged` is what
/// [`judge`](crate::judge::judge) found on the same grounds.
pub fn explain(grounds: &Grounds<'_>, judged: impl Iterator<Item = Judged>) -> Vec<Judgement> {
    let explain_one = |(case, Judged { edge, claims: findings }): (Case<'_>, Judged)| {
        let claims = claims(case.scenario, case.edge).into_iter().zip(&findings);
        let claims = claims.map(|(claim, finding)| claim::explain(&case, claim, finding, edge.reason));
        Judgement { claims: claims.collect(), edge: edge::explain(&case, &edge) }
    };
    grounds.cases().zip(judged).map(explain_one).collect()
}
