//! What a probed server says ends up in reports; it must never become part of what a report claims.

use proptest::prelude::{any, prop, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};
use proptest::{prop_assert, prop_assert_eq};
use ringfence_contract::outcome::{Outcome, Unsealed};
use roxmltree::Document;

use super::tests::{json, junit};
use super::{Style, terminal};
use crate::judge::sample_run::{OUTSIDER_TO_SITE, Scene, VM_TO_SITE};
use crate::tally::ledger::record;
use crate::tally::read;

const FORGED: &str = "]]></system-out></testcase><testcase name=\"forged pass\" classname=\"x\"/><testcase><system-out><![CDATA[";

/// Any text, and texts made to break out of XML or to be no XML at all.
fn text() -> impl Strategy<Value = String> {
    let any_chars = prop::collection::vec(any::<char>(), 0..40).prop_map(|chars| chars.into_iter().collect());
    let nasty = prop_oneof![
        Just(FORGED),
        Just("\u{FFFE}\u{FFFF}\0"),
        Just("\u{1b}[31m"),
        Just("&#0;<!--"),
        Just("a\r\nb\">"),
    ];
    prop_oneof![any_chars, nasty.prop_map(str::to_owned)]
}

fn run(server: &str, body: &str) -> Scene {
    let outcome = || {
        Outcome::Unsealed(Unsealed {
            status: Some(200),
            server: Some(server.to_owned()),
            location: Some(body.to_owned()),
            body: body.to_owned(),
            flaw: None,
            told: None,
        })
    };
    Scene::sound().saw(VM_TO_SITE, [outcome()]).saw(OUTSIDER_TO_SITE, [outcome(), outcome(), outcome()])
}

proptest! {
    #[test]
    fn no_words_of_a_server_forge_or_break_a_report(server in text(), body in text(), raw in text()) {
        let mut record = record(&run(&server, &body));
        // Past the judging room as well: whatever is in the record is not trusted.
        record.edges[VM_TO_SITE].judged.evidence.push(raw.clone());
        record.edges[VM_TO_SITE].judged.sentence.push_str(&raw);
        record.edges[OUTSIDER_TO_SITE].judged.hint = Some(raw.clone());
        record.agents[0].route = raw;
        let xml = junit(&record);
        let document = Document::parse(&xml);
        prop_assert!(document.is_ok(), "{:?}", document.err());
        let document = document.expect("looked at above");
        let tags = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
        prop_assert_eq!(tags("testcase"), record.summary.edges + record.summary.claims.all + record.agents.len());
        prop_assert_eq!(tags("failure"), 2);
        prop_assert_eq!(tags("error") + tags("skipped"), 0);
        let drawn = terminal(&record, Style::default());
        prop_assert!(drawn.chars().all(|c| c == '\n' || !c.is_control()));
        let back = read(&json(&record));
        prop_assert_eq!(back.ok(), Some(record));
    }
}
