//! Several attempts at one edge, against a statement of how they combine that knows nothing of the code.

use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assert_eq};

use super::sample_run::{Scene, VM_TO_SITE};
use super::truth::{Around, Row, Worth, around, rows, scene, shelve, stated};
use super::{Reason, Verdict};

/// How the attempts at a closed edge combine. The target holds a receipt for the first one, if for any.
fn combined(rows: &[&Row], around: Around) -> Reason {
    let is_bare = |row: &Row| row.head == Some(403) || row.name == "a bare 403";
    let refused = rows.iter().any(|row| row.deny == Worth::Said || is_bare(row));
    let each: Vec<Reason> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| match stated(row, Around { receipt: around.receipt && at == 0, ..around }) {
            // Beside a refusal, a 503 says only that the front end is busy.
            Reason::PathOpen if row.name == "unavailable" && refused => Reason::TooBusy,
            reason => reason,
        })
        .collect();
    let first = |wanted: &dyn Fn(Reason) -> bool| each.iter().copied().find(|reason| wanted(*reason));
    let leak = first(&|reason| reason.verdict() == Verdict::Fail && reason != Reason::WrongMeans);
    if each.iter().all(|reason| *reason == Reason::NoFamily) {
        return Reason::NoFamily;
    }
    let unproven = first(&|reason| !matches!(reason.verdict(), Verdict::Pass | Verdict::Fail));
    // A missing family at some attempts only is no excuse for the edge.
    let unproven = unproven.map(|reason| if reason == Reason::NoFamily { Reason::NotSent } else { reason });
    let means = first(&|reason| reason == Reason::WrongMeans);
    let witnessed = first(&|reason| reason == Reason::DeniedWitnessed);
    leak.or(unproven).or(means).or(witnessed).unwrap_or(Reason::DeniedAttributed)
}

/// Puts outcomes at an edge, each with its response head.
fn put(scene: &mut Scene, edge: usize, rows: &[&Row]) {
    *scene = scene.clone().saw(edge, rows.iter().map(|row| row.outcome.clone()));
    for (attempt, row) in scene.observations.reach[edge].iter_mut().zip(rows) {
        attempt.sample.as_mut().expect("a sample").status = row.head;
    }
}

proptest! {
    #[test]
    fn attempts_at_a_closed_edge_combine_as_stated(picks in vec(any::<proptest::sample::Index>(), 1..5), around in around()) {
        let rows = rows();
        let picked: Vec<&Row> = picks.iter().map(|pick| &rows[pick.index(rows.len())]).collect();
        let (mut scene, edge) = scene(around);
        scene.scenario.rules[1].attempts = u32::try_from(picked.len()).expect("few");
        put(&mut scene, edge, &picked);
        shelve(&mut scene, edge, around, 0);
        let judged = scene.found(edge);
        prop_assert_eq!(judged.reason, combined(&picked, around));
        prop_assert!(!judged.flaky, "a denial is never retried");
    }

    #[test]
    fn attempts_at_an_open_edge_combine_as_stated(
        picks in vec(any::<proptest::sample::Index>(), 1..6),
        attempts in 1..4_usize,
        retries in 0..3_u32,
    ) {
        let rows = rows();
        let picked: Vec<&Row> = picks.iter().map(|pick| &rows[pick.index(rows.len())]).collect();
        let mut scene = Scene::sound();
        scene.scenario.rules[0].attempts = u32::try_from(attempts).expect("few");
        scene.scenario.rules[0].retries = retries;
        put(&mut scene, VM_TO_SITE, &picked);
        let judged = scene.found(VM_TO_SITE);
        // Without retries in the rule, no later attempt overrules an earlier one.
        let planned = if retries == 0 { picked.len() } else { picked.len().min(attempts) };
        let through = |row: &&Row| row.allow_agent == Reason::Reached;
        let all = picked[..planned].iter().all(through) && planned >= attempts;
        let later = picked[planned..].iter().any(through);
        prop_assert_eq!(judged.reason == Reason::Reached, all || later);
        prop_assert_eq!(judged.flaky, !all && later);
        let failed = |row: &&Row| row.allow_agent.verdict() == Verdict::Fail;
        prop_assert_eq!(judged.reason.verdict() == Verdict::Fail, !all && !later && picked.iter().any(failed));
    }
}
