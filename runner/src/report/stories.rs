//! Whatever did not pass, told: each edge and claim while they are few, and one of each kind where they are many.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use ringfence_contract::outcome::OutcomeKind;

use super::mark::Mark;
use super::page::{Page, Tone};
use super::story::{self, Story};
use crate::tally::{ClaimRecord, EdgeRecord, RunRecord};

/// How many stories are told; the JSON report has all.
const TOLD_MAX: usize = 50;

/// How many edges are named that a hint explains beside the one that it stands with.
const EXPLAINED_MAX: usize = 6;

/// An edge that is worth telling, or a claim of one.
#[derive(Clone, Copy)]
enum Told<'r> {
    Edge(&'r EdgeRecord),
    Claim(&'r EdgeRecord, &'r ClaimRecord),
}

/// What stories have in common that are of one kind: the sign, the reason, the rule or the claim's line, and what was seen.
type Kind<'r> = (Mark, &'static str, usize, &'r str, Option<OutcomeKind>);

impl<'r> Told<'r> {
    fn edge(self) -> &'r EdgeRecord {
        match self {
            Self::Edge(edge) | Self::Claim(edge, _) => edge,
        }
    }

    /// Who calls what.
    fn name(self) -> String {
        let edge = self.edge();
        format!("{} -> {} {}", edge.vantage, edge.endpoint, edge.family)
    }

    fn mark(self) -> Mark {
        match self {
            Self::Edge(edge) => Mark::of(edge),
            Self::Claim(_, claim) => Mark::of_claim(claim),
        }
    }

    fn story(self, record: &RunRecord) -> Story {
        match self {
            Self::Edge(edge) => story::tell(record, edge),
            Self::Claim(edge, claim) => story::tell_claim(record, edge, claim),
        }
    }

    fn kind(self) -> Kind<'r> {
        match self {
            Self::Edge(edge) => (self.mark(), edge.judged.reason.as_str(), edge.rule, "", edge.outcome),
            Self::Claim(_, claim) => {
                (self.mark(), claim.judged.reason.as_str(), claim.line, &claim.claimed, None)
            }
        }
    }
}

/// Draws them, in the order of the edges; where one stands for its kind, leaks first.
pub(super) fn draw(page: &mut Page, record: &RunRecord) {
    let told: Vec<Told<'_>> = record.edges.iter().flat_map(worth_telling).collect();
    if told.len() > TOLD_MAX {
        return draw_kinds(page, record, told);
    }
    let mut hints = Hints::of(record, &told);
    for one in told {
        draw_one(page, record, (one, &mut hints));
        page.blank();
    }
}

fn draw_one(page: &mut Page, record: &RunRecord, (told, hints): (Told<'_>, &mut Hints)) {
    let (mark, story) = (told.mark(), told.story(record));
    page.pieces(&[(mark.tone(), mark.sign().to_owned()), (Tone::Strong, format!(" {}", story.head))]);
    for line in story.body.iter().cloned().chain(hints.lines(told, story.hint)) {
        page.line(Tone::Plain, &format!("    {line}"));
    }
}

/// What to look at next, told once, with all that it explains.
struct Hints(HashMap<String, Vec<String>>);

impl Hints {
    fn of(record: &RunRecord, told: &[Told<'_>]) -> Self {
        let mut edges: HashMap<String, Vec<String>> = HashMap::new();
        for one in told {
            let Some(hint) = one.story(record).hint else { continue };
            let explained = edges.entry(hint).or_default();
            if !explained.contains(&one.name()) {
                explained.push(one.name());
            }
        }
        Self(edges)
    }

    /// The lines of a hint, where it is told for the first time.
    fn lines(&mut self, told: Told<'_>, hint: Option<String>) -> Vec<String> {
        let Some((hint, edges)) = hint.and_then(|hint| self.0.remove_entry(&hint)) else { return Vec::new() };
        let others: Vec<&String> = edges.iter().filter(|edge| **edge != told.name()).collect();
        let mut lines = vec![format!("hint: {hint}")];
        if !others.is_empty() {
            let shown: Vec<&str> = others.iter().take(EXPLAINED_MAX).map(|edge| edge.as_str()).collect();
            let more = others.len() - shown.len();
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            lines.push(format!("      also for {}{more}", shown.join(", ")));
        }
        lines
    }
}

fn draw_kinds(page: &mut Page, record: &RunRecord, told: Vec<Told<'_>>) {
    let mut kinds: IndexMap<Kind<'_>, Vec<Told<'_>>> = IndexMap::new();
    for one in told {
        kinds.entry(one.kind()).or_default().push(one);
    }
    kinds.sort_by(|one, _, other, _| one.0.cmp(&other.0));
    let first: Vec<Told<'_>> = kinds.values().map(|alike| alike[0]).collect();
    let mut hints = Hints::of(record, &first);
    for alike in kinds.values().take(TOLD_MAX) {
        draw_one(page, record, (alike[0], &mut hints));
        if alike.len() > 1 {
            page.line(Tone::Doubt, &format!("    and {}", others(alike)));
        }
        page.blank();
    }
    let untold: usize = kinds.values().skip(TOLD_MAX).map(Vec::len).sum();
    if untold > 0 {
        let kinds = kinds.len() - TOLD_MAX;
        page.line(Tone::Doubt, &format!("and {untold} more of {kinds} other kinds, see --json"));
        page.blank();
    }
}

/// How many there are beside the first, and of how much.
fn others(alike: &[Told<'_>]) -> String {
    let vantages: HashSet<&str> = alike.iter().map(|told| told.edge().vantage.as_str()).collect();
    let endpoints: HashSet<&str> = alike.iter().map(|told| &*told.edge().endpoint).collect();
    format!(
        "{} more like it: {} in all, {} vantages to {} endpoints, see --json",
        alike.len() - 1,
        alike.len(),
        vantages.len(),
        endpoints.len()
    )
}

/// What is worth telling of an edge: its reachability first, then its claims.
fn worth_telling(edge: &EdgeRecord) -> impl Iterator<Item = Told<'_>> {
    let reached = story::is_told(edge).then_some(Told::Edge(edge));
    let claims = edge.claims.iter().filter(|claim| story::is_claim_told(claim));
    reached.into_iter().chain(claims.map(move |claim| Told::Claim(edge, claim)))
}
