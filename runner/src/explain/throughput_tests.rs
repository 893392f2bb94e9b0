//! Claims about throughput judged: the reason, the sentence and the hint of what each kind of download shows.

use ringfence_contract::download::{Downloaded, Payload};
use ringfence_contract::outcome::{NotSent, NotSentWhy, Outcome, Phase, Reset};

use super::JudgedClaim;
use crate::dispatch::{Unasked, UnaskedWhy};
use crate::judge::Verdict;
use crate::judge::sample_run::{Scene, VM_TO_SITE, attempt, download, status};
use crate::judge::{ClaimKind, ClaimReason};

const MB: u64 = 1_000_000;

fn judged(claimed: &str, download: Result<Downloaded, Unasked>) -> JudgedClaim {
    Scene::sound().downloaded(claimed, download).claims(VM_TO_SITE).swap_remove(0)
}

/// What came in each second, and what is claimed: the reason, the sentence, and a part of the hint.
type Row = (&'static [u64], &'static str, ClaimReason, &'static str, Option<&'static str>);

const CAME: &[Row] = &[
    (
        &[60 * MB, 50 * MB, 70 * MB, 60 * MB, 60 * MB],
        "at-least: 50MB/s",
        ClaimReason::FastEnough,
        "kept throughput >= 50 MB/s for 5 s: 60.0 MB/s, slowest second 50.0 MB/s",
        None,
    ),
    (
        &[50 * MB, 50 * MB],
        "at-least: 50MB/s, for: 2s",
        ClaimReason::FastEnough,
        "kept throughput >= 50 MB/s for 2 s: 50.0 MB/s, slowest second 50.0 MB/s",
        None,
    ),
    (
        &[50 * MB, 50 * MB - 1],
        "at-least: 400Mbit/s, for: 2s",
        ClaimReason::TooSlow,
        "expected throughput >= 400 Mbit/s for 2 s, got 400 Mbit/s, slowest second 400 Mbit/s",
        Some("as slow all along"),
    ),
    (
        &[100 * MB, 10 * MB, 12 * MB, 11 * MB],
        "at-least: 0.5Gbit/s, for: 4s",
        ClaimReason::TooSlow,
        "expected throughput >= 0.5 Gbit/s for 4 s, got 0.266 Gbit/s, slowest second 0.080 Gbit/s",
        Some("the first second brought 100 MB and none after it more than 12.0 MB: the rate is shaped"),
    ),
    (
        &[40 * MB, 50 * MB, 0, 45 * MB],
        "at-least: 50MB/s, for: 4s",
        ClaimReason::TooSlow,
        "expected throughput >= 50 MB/s for 4 s, got 33.8 MB/s, slowest second 0.000 MB/s",
        Some("it stalled"),
    ),
    (
        &[0, 0],
        "at-least: 1kB/s, for: 2s",
        ClaimReason::TooSlow,
        "expected throughput >= 1 kB/s for 2 s, got 0.000 kB/s, slowest second 0.000 kB/s",
        Some("path-MTU"),
    ),
];

#[test]
fn what_came_is_held_against_what_is_claimed() {
    for (seconds, claimed, reason, sentence, hint) in CAME {
        let judged = judged(claimed, Ok(download(seconds)));
        assert_eq!((judged.reason, judged.sentence.as_str()), (*reason, *sentence));
        assert_eq!(judged.kind, ClaimKind::Throughput);
        assert_eq!(judged.hint.is_some(), hint.is_some(), "{sentence}");
        let told = judged.hint.unwrap_or_default();
        assert!(hint.is_none_or(|hint| told.contains(hint)), "{told}");
        assert_eq!(judged.took_us, Some(seconds.len() as u64 * MB));
    }
    let told = judged("at-least: 50MB/s, for: 2s", Ok(download(&[60 * MB, 51 * MB]))).evidence;
    assert_eq!(told, ["111 MB came in 2.00 s, clock program", "second by second: 60.0 MB, 51.0 MB"]);
}

fn cut_short(outcome: Outcome, why: &str) -> Downloaded {
    let sample = *attempt(outcome).sample.expect("a sample");
    Downloaded { sample, cut_short: Some(why.to_owned()), ..download(&[900 * MB]) }
}

fn unasked(why: UnaskedWhy) -> Result<Downloaded, Unasked> {
    Err(Unasked { why, detail: "the detail".into() })
}

#[test]
fn what_was_not_measured_to_its_end_neither_passes_nor_fails_however_much_came() {
    let answered = || crate::judge::sample_run::answered("10.0.0.4");
    for (download, reason, said, hint) in [
        (
            Ok(Downloaded {
                payload: Payload::default(),
                ..cut_short(answered(), "the target gives none: 4")
            }),
            ClaimReason::NotMeasured,
            "gives none: 4",
            "long answers",
        ),
        (
            Ok(Downloaded {
                payload: Payload::default(),
                ..cut_short(status(404), "the call came to `unsealed`")
            }),
            ClaimReason::NotMeasured,
            "`unsealed`",
            "an agent older",
        ),
        (
            Ok(cut_short(unsent(), "the call came to `not-sent`")),
            ClaimReason::NotMeasured,
            "`not-sent`",
            "the call's own outcome",
        ),
        // Some of it came: it may have been fast enough while it did.
        (
            Ok(cut_short(answered(), "the connection ended (`reset`) after 300 ms and 900 bytes")),
            ClaimReason::NotMeasured,
            "900 bytes",
            "long answers",
        ),
        (unasked(UnaskedWhy::Refused), ClaimReason::NotMeasured, "the detail", "older than this runner"),
        (unasked(UnaskedWhy::CutOff), ClaimReason::NotMeasured, "the detail", "limits on time or size"),
        (unasked(UnaskedWhy::Interrupted), ClaimReason::Interrupted, "the run was ended", "run again"),
    ] {
        let judged = judged("at-least: 1kB/s", download);
        assert_eq!((judged.reason, judged.reason.verdict()), (reason, Verdict::Inconclusive), "{said}");
        assert!(judged.sentence.contains(said), "{}", judged.sentence);
        assert!(judged.hint.as_ref().expect("a hint").contains(hint), "{:?}", judged.hint);
    }
}

fn unsent() -> Outcome {
    Outcome::NotSent(NotSent { why: NotSentWhy::NoResources, detail: "no port is left".to_owned() })
}

#[test]
fn not_one_byte_is_too_slow_and_the_hint_says_how_far_it_got() {
    let nothing = |outcome: Outcome, why: &str| {
        let download = Downloaded { payload: Payload::default(), ..cut_short(outcome, why) };
        judged("at-least: 1kB/s", Ok(download))
    };
    let ended = "no payload came within 3500 ms of the answer";
    let mtu = "path-MTU";
    for (outcome, why, hint) in [
        (crate::judge::sample_run::answered("10.0.0.4"), ended, mtu),
        (Outcome::TimedOut(Phase::Transfer), "the call came to `timed-out`", mtu),
        (Outcome::TimedOut(Phase::FirstByte), "the call came to `timed-out`", mtu),
        (Outcome::TimedOut(Phase::Connect), "the call came to `timed-out`", "own outcome"),
        (Outcome::Refused, "the call came to `refused`", "was ended or restarted"),
        (Outcome::Reset(Reset::BeforeAnswer), "the call came to `reset`", "was ended or restarted"),
        (status(503), "the call came to `unsealed`", "something else than `app` answers"),
        (status(429), "the call came to `unsealed`", "rate limits"),
    ] {
        let judged = nothing(outcome.clone(), why);
        assert_eq!(judged.reason, ClaimReason::TooSlow, "{outcome:?}");
        assert!(judged.sentence.contains(&format!("got no byte: {why}")), "{}", judged.sentence);
        assert!(judged.hint.as_ref().expect("a hint").contains(hint), "{outcome:?}: {:?}", judged.hint);
    }
}

#[test]
fn an_edge_over_which_nothing_was_asked_for_is_inconclusive_and_says_why() {
    let scene = Scene::sound().downloaded("at-least: 1kB/s", unasked(UnaskedWhy::Broken));
    let mut scene = scene.saw(VM_TO_SITE, [Outcome::TimedOut(Phase::Connect)]);
    scene.observations.throughput.clear();
    let judged = scene.claims(VM_TO_SITE).swap_remove(0);
    assert_eq!(judged.reason, ClaimReason::NotMeasured);
    assert_eq!(
        judged.sentence,
        "expected throughput >= 1 kB/s for 5 s, but the edge was not reached, so it was not measured"
    );
}
