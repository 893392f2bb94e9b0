//! Whatever is done to a signed or sealed message on its way, it is refused.

use proptest::prelude::*;
use ringfence_contract::download::Portion;
use ringfence_contract::id::{BootId, CallId, OrderId, RunId};
use ringfence_contract::name::AgentName;
use ringfence_contract::order::{self, Ask, Order, OrderError, PrivateKey, RefusalWhy, Run};
use ringfence_contract::receipt::{SeenBy, SeenSource};
use ringfence_contract::reply::{Line, ReplyError, ReplyWriter, read_reply};
use ringfence_contract::seal::{self, Answer, AnswerError, Purpose, RunKey, UnverifiedCall};

const NOW_MS: u64 = 1_790_000_000_000;

fn name(text: &str) -> AgentName {
    text.parse().expect("a name")
}

fn order() -> Order {
    Order {
        audience: name("app-1"),
        id: OrderId::random(),
        issued_ms: NOW_MS,
        expires_ms: NOW_MS + 60_000,
        boot: Some(BootId::random()),
        run: Run { id: RunId::random(), key: RunKey::random() },
        ask: Ask::Receipts(vec![CallId::random(), CallId::random()]),
    }
}

fn flip(text: &str, bit: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let at = bit % (bytes.len() * 8);
    bytes[at / 8] ^= 1 << (at % 8);
    bytes
}

fn refusal(result: Result<Order, OrderError>) -> RefusalWhy {
    match result {
        Err(OrderError::Refused(refusal)) => refusal.why,
        other => panic!("not refused by name: {other:?}"),
    }
}

fn answer(call: CallId) -> Answer {
    let peer = "10.0.1.4:40000".parse().expect("an address");
    let seen = SeenSource {
        address: "10.0.1.4".parse().expect("an address"),
        by: SeenBy::Peer,
        peer,
        conflict: None,
    };
    Answer {
        call,
        agent: name("app-1"),
        boot: BootId::random(),
        receipt: 1,
        seen,
        at_ms: NOW_MS,
        refused: None,
    }
}

fn reply(key: &RunKey, order: OrderId) -> Vec<String> {
    let mut writer = ReplyWriter::new(key.clone(), order);
    let mut lines: Vec<String> =
        ["a", "b", "c"].map(|text| writer.line(&Line::Relayed(text.to_owned()))).into();
    lines.push(writer.end());
    lines
}

#[test]
fn a_good_order_is_taken_and_a_stranger_s_is_not() {
    let (key, other) = (PrivateKey::random(), PrivateKey::random());
    let order = order();
    let text = order::sign(&key, &order);
    assert_eq!(order::open(&text, &[other.public(), key.public()], &name("app-1"), NOW_MS), Ok(order));
    assert_eq!(order::open(&text, &[other.public()], &name("app-1"), NOW_MS), Err(OrderError::Untrusted));
    assert_eq!(order::open(&text, &[], &name("app-1"), NOW_MS), Err(OrderError::Untrusted));
}

#[test]
fn each_fault_of_a_trusted_order_has_its_own_name() {
    let key = PrivateKey::random();
    let open = |order: &Order, me: &str, now_ms| {
        order::open(&order::sign(&key, order), &[key.public()], &name(me), now_ms)
    };
    let good = order();
    assert_eq!(refusal(open(&good, "app-2", NOW_MS)), RefusalWhy::WrongAudience);
    assert_eq!(refusal(open(&good, "app-1", NOW_MS + 60_000)), RefusalWhy::Expired);
    assert_eq!(refusal(open(&good, "app-1", NOW_MS - 600_000)), RefusalWhy::NotYetValid);
    let eternal = Order { expires_ms: u64::MAX, ..good };
    assert_eq!(refusal(open(&eternal, "app-1", NOW_MS)), RefusalWhy::TooLongLived);
}

#[test]
fn keys_are_read_back_and_a_private_one_is_no_public_one() {
    let key = PrivateKey::random();
    let again: PrivateKey = key.to_text().parse().expect("a private key");
    assert_eq!(again.public(), key.public());
    assert_eq!(key.public().to_string().parse(), Ok(key.public()));
    assert_eq!(key.to_text().parse::<order::PublicKey>(), Err(order::KeyError::PrivateForPublic));
    assert!(!format!("{key:?}").contains(key.to_text().get(20..40).expect("hex digits")));
}

#[test]
fn an_order_cut_at_any_place_is_refused() {
    let key = PrivateKey::random();
    let text = order::sign(&key, &order());
    for end in 0..text.len() {
        let cut = text.get(..end).expect("an order is ASCII");
        assert!(order::open(cut, &[key.public()], &name("app-1"), NOW_MS).is_err(), "cut at {end}");
    }
}

#[test]
fn the_longest_answer_fits_one_datagram() {
    let long: std::net::Ipv6Addr = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".parse().expect("an address");
    let (call, address) = (CallId::random(), long.into());
    let (peer, conflict) = ((address, u16::MAX).into(), Some(address));
    let seen = SeenSource { address, by: SeenBy::XForwardedFor, peer, conflict };
    let agent = name(&"a".repeat(63));
    let answer = Answer { agent, seen, receipt: u64::MAX, at_ms: u64::MAX, ..answer(call) };
    let text = seal::seal_answer(&RunKey::random(), &answer);
    assert!(text.len() <= seal::ANSWER_MAX_BYTES, "{}", text.len());
}

#[test]
fn an_answer_cut_at_any_place_is_refused() {
    let (key, call) = (RunKey::random(), CallId::random());
    let text = seal::seal_answer(&key, &answer(call));
    assert!(text.len() <= seal::ANSWER_MAX_BYTES);
    assert!(seal::open_answer(&key, call, text.as_bytes()).is_ok());
    for end in 0..text.len() {
        let cut = text.as_bytes().get(..end).expect("a part");
        let expected = if end == 0 { AnswerError::NotAnswer } else { AnswerError::Truncated };
        assert_eq!(seal::open_answer(&key, call, cut), Err(expected), "cut at {end}");
    }
}

#[test]
fn an_answer_to_another_call_or_of_another_run_is_refused() {
    let (key, call) = (RunKey::random(), CallId::random());
    let text = seal::seal_answer(&key, &answer(call));
    assert_eq!(seal::open_answer(&key, CallId::random(), text.as_bytes()), Err(AnswerError::Replayed));
    assert_eq!(seal::open_answer(&RunKey::random(), call, text.as_bytes()), Err(AnswerError::Forged));
    assert_eq!(seal::open_answer(&key, call, b"HTTP/1.1 200 OK"), Err(AnswerError::NotAnswer));
}

#[test]
fn a_reply_is_read_whole_or_not_at_all() {
    let (key, order) = (RunKey::random(), OrderId::random());
    let lines = reply(&key, order);
    assert_eq!(read_reply(&key, order, &lines.concat()).map(|lines| lines.len()), Ok(3));
    assert_eq!(read_reply(&key, order, &lines[..3].concat()), Err(ReplyError::CutOff(3)));
    assert_eq!(read_reply(&key, order, ""), Err(ReplyError::CutOff(0)));
    let swapped = [&lines[1], &lines[0], &lines[2], &lines[3]].map(String::as_str).concat();
    assert_eq!(read_reply(&key, order, &swapped), Err(ReplyError::FalseSeal(0)));
    let dropped = [&lines[0], &lines[2], &lines[3]].map(String::as_str).concat();
    assert_eq!(read_reply(&key, order, &dropped), Err(ReplyError::FalseSeal(1)));
    let repeated = format!("{}{}", lines.concat(), lines[0]);
    assert_eq!(read_reply(&key, order, &repeated), Err(ReplyError::TooLong));
    assert_eq!(read_reply(&key, OrderId::random(), &lines.concat()), Err(ReplyError::FalseSeal(0)));
}

#[test]
fn a_call_is_of_one_purpose_and_a_download_of_one_portion() {
    let (key, run, call) = (RunKey::random(), RunId::random(), CallId::random());
    let portion = Portion { lasts_ms: 5_000, bytes: 1_000_000 };
    let token = seal::token(&key, (run, call), Purpose::Download(portion), Some(&name("app-1")));
    let (_, sealed) = token.split_once('.').expect("a head");
    let head = |lasts_ms: u32, bytes: u64| format!("d{lasts_ms:08x}{bytes:016x}");
    let bent = [head(5_001, 1_000_000), head(5_000, 1_000_001), head(5_000, 1_000_000).replace("d0", "D0")];
    for head in ["1", "m", "d", "d0"].into_iter().chain(bent.iter().map(String::as_str)) {
        let other = UnverifiedCall::read(&format!("{head}.{sealed}"));
        assert_eq!(other.and_then(|other| other.verify(&key, &name("app-1"))), None, "{head}");
    }
    let own = UnverifiedCall::read(&format!("{}.{sealed}", head(5_000, 1_000_000))).expect("a token");
    assert_eq!((own.purpose, own.verify(&key, &name("app-1"))), (Purpose::Download(portion), Some(call)));
    assert_eq!(own.verify(&key, &name("app-2")), None, "another agent gives nothing for it");
    // Whoever asks to see who reaches whom gets no payload by changing the head.
    let reach = seal::call_token(&key, run, call).replacen('1', &head(5_000, 1_000_000), 1);
    assert_eq!(UnverifiedCall::read(&reach).expect("a form").verify(&key, &name("app-1")), None);
}

proptest! {
    #[test]
    fn an_order_with_any_bit_flipped_is_refused(bit in any::<usize>()) {
        let key = PrivateKey::random();
        let bytes = flip(&order::sign(&key, &order()), bit);
        if let Ok(text) = String::from_utf8(bytes) {
            let opened = order::open(&text, &[key.public()], &name("app-1"), NOW_MS);
            prop_assert!(matches!(opened, Err(OrderError::NotOrder | OrderError::Untrusted)));
        }
    }

    #[test]
    fn a_call_with_any_bit_flipped_is_no_call(bit in any::<usize>(), kind in 0..3, lasts_ms in any::<u32>(), bytes in any::<u64>()) {
        let (key, run, call) = (RunKey::random(), RunId::random(), CallId::random());
        let purpose = match kind {
            0 => Purpose::Reach,
            1 => Purpose::Measure,
            _ => Purpose::Download(Portion { lasts_ms, bytes }),
        };
        let token = seal::token(&key, (run, call), purpose, Some(&name("app-1")));
        let read = UnverifiedCall::read(&token).expect("a token");
        prop_assert_eq!(read.purpose, purpose);
        prop_assert_eq!(read.verify(&key, &name("app-1")), Some(call));
        prop_assert_eq!(read.verify(&RunKey::random(), &name("app-1")), None);
        let bent = String::from_utf8(flip(&token, bit)).ok();
        let bent = bent.as_deref().and_then(UnverifiedCall::read).filter(|call| call.run == run);
        prop_assert_eq!(bent.and_then(|call| call.verify(&key, &name("app-1"))), None);
    }

    #[test]
    fn an_answer_with_any_bit_flipped_is_refused(bit in any::<usize>()) {
        let (key, call) = (RunKey::random(), CallId::random());
        let bytes = flip(&seal::seal_answer(&key, &answer(call)), bit);
        prop_assert!(seal::open_answer(&key, call, &bytes).is_err());
    }

    #[test]
    fn a_reply_with_any_bit_of_its_seals_or_words_flipped_is_refused(bit in any::<usize>(), line in 0_usize..4) {
        let (key, order) = (RunKey::random(), OrderId::random());
        let mut lines = reply(&key, order);
        // What names the order and the place is repeated for whoever sorts lines; the seal covers the true ones.
        let text = lines[line].clone();
        let (head, sealed) = text.split_at(text.find(' ').expect("a number") + 3);
        let bent = flip(sealed.trim_end(), bit);
        if let Ok(bent) = String::from_utf8(bent) {
            lines[line] = format!("{head}{bent}\n");
            prop_assert!(read_reply(&key, order, &lines.concat()).is_err());
        }
    }

    #[test]
    fn no_text_is_mistaken_for_a_message(text in ".{0,200}") {
        let key = PrivateKey::random();
        prop_assert!(order::open(&text, &[key.public()], &name("app-1"), NOW_MS).is_err());
        prop_assert!(UnverifiedCall::read(&text).is_none());
        prop_assert!(read_reply(&RunKey::random(), OrderId::random(), &text).is_err());
    }
}
