//! What a peer says cannot break the lines it is quoted in, and every finding has its words.

use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assert_eq};

use crate::judge::Verdict;
use crate::judge::sample_run::{Scene, VM_TO_SITE, sample};
use crate::judge::truth::{around, rows, scene, shelve};

proptest! {
    #[test]
    fn every_finding_has_a_sentence_and_all_but_a_pass_a_hint(
        pick in any::<proptest::sample::Index>(),
        around in around(),
    ) {
        let rows = rows();
        let row = &rows[pick.index(rows.len())];
        let (mut scene, edge) = scene(around);
        **scene.observations.reach[edge][0].sample.as_mut().expect("a sample") = sample(row.outcome.clone());
        shelve(&mut scene, edge, around, 0);
        for judged in scene.judge() {
            let judged = judged.edge;
            prop_assert_eq!(judged.hint.is_some(), judged.reason.verdict() != Verdict::Pass);
            prop_assert!(!judged.sentence.is_empty() && !judged.sentence.ends_with('.'));
        }
    }

    #[test]
    fn nothing_a_peer_says_makes_a_sentence_of_two_lines(server in any::<String>(), body in any::<String>()) {
        let mut scene = Scene::sound();
        let outcome = ringfence_contract::outcome::Outcome::Unsealed(ringfence_contract::outcome::Unsealed {
            status: Some(200), server: Some(server), location: None, body, flaw: None, told: None,
        });
        **scene.observations.reach[VM_TO_SITE][0].sample.as_mut().expect("a sample") = sample(outcome);
        let judged = scene.edge(VM_TO_SITE);
        let mut lines = judged.evidence.iter().chain([&judged.sentence]);
        let plain = lines.all(|line| !line.chars().any(char::is_control));
        prop_assert!(plain);
    }
}
