//! Answers in order, odd ones, and those that are none.

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{CNAME, TXT};
use hickory_proto::rr::{RData, Record, RecordType};

use super::*;

fn name(text: &str) -> Name {
    Name::from_ascii(text).expect("a name")
}

fn asked() -> Asked {
    Asked { id: 77, name: name("a.test."), family: Family::Ipv4 }
}

fn address(owner: &str, address: &str) -> Record {
    Record::from_rdata(name(owner), 60, RData::from(address.parse::<IpAddr>().expect("an address")))
}

fn alias(owner: &str, target: &str) -> Record {
    Record::from_rdata(name(owner), 60, RData::CNAME(CNAME(name(target))))
}

/// An answer with these records, bent before it is written.
fn answer(records: Vec<Record>, bend: impl FnOnce(&mut Message)) -> Vec<u8> {
    let mut message = Message::new(77, MessageType::Response, OpCode::Query);
    message.metadata.recursion_available = true;
    message.add_query(Query::query(name("a.test."), RecordType::A));
    message.add_answers(records);
    bend(&mut message);
    message.to_vec().expect("a message")
}

fn text(owner: &str) -> Record {
    Record::from_rdata(name(owner), 60, RData::TXT(TXT::new(vec!["text".to_owned()])))
}

#[test]
fn addresses_are_those_of_the_name_or_of_the_end_of_its_aliases_in_whatever_order_they_come() {
    for (sentence, records, cnames, addresses) in [
        ("one", vec![address("a.test.", "10.0.0.1")], &[][..], &["10.0.0.1"][..]),
        (
            "several, twice",
            vec![
                address("a.test.", "10.0.0.2"),
                address("a.test.", "10.0.0.1"),
                address("a.test.", "10.0.0.2"),
            ],
            &[],
            &["10.0.0.1", "10.0.0.2"],
        ),
        ("in another case", vec![address("A.TeSt.", "10.0.0.1")], &[], &["10.0.0.1"]),
        ("of the other family", vec![address("a.test.", "fd00::1")], &[], &[]),
        ("of another name", vec![address("b.test.", "10.0.0.1")], &[], &[]),
        ("beside other records", vec![text("a.test."), address("a.test.", "10.0.0.1")], &[], &["10.0.0.1"]),
        (
            "by two aliases",
            vec![alias("a.test.", "b.test."), alias("b.test.", "c.test."), address("c.test.", "10.0.0.1")],
            &["b.test", "c.test"],
            &["10.0.0.1"],
        ),
        (
            "by two aliases, upside down",
            vec![address("c.test.", "10.0.0.1"), alias("b.test.", "c.test."), alias("a.test.", "B.test.")],
            &["B.test", "c.test"],
            &["10.0.0.1"],
        ),
        ("an alias to nowhere", vec![alias("a.test.", "b.test.")], &["b.test"], &[]),
        (
            "a circle",
            vec![alias("a.test.", "b.test."), alias("b.test.", "a.test.")],
            &["b.test", "a.test"],
            &[],
        ),
    ] {
        let told = asked().read(&answer(records, |_| {})).expect(sentence);
        let found: Vec<IpAddr> = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        let says = if found.is_empty() { Says::NoRecords } else { Says::Addresses(found) };
        assert_eq!((told.says, told.rcode.as_str()), (says, "NOERROR"), "{sentence}");
        assert_eq!(told.cnames, cnames, "{sentence}");
    }
}

#[test]
fn what_a_server_says_of_a_name_and_of_itself_is_told_apart() {
    let of = |code| answer(vec![], |message| message.metadata.response_code = code);
    let referral = answer(vec![], |message| message.metadata.recursion_available = false);
    let authority = answer(vec![], |message| {
        message.metadata.recursion_available = false;
        message.metadata.authoritative = true;
    });
    let cut = answer(vec![address("a.test.", "10.0.0.1")], |message| message.metadata.truncation = true);
    let mut failed = of(ResponseCode::FormErr);
    // Who could not read a question does not repeat it.
    failed.truncate(HEADER_BYTES);
    failed[5] = 0;
    for (sentence, bytes, says, code) in [
        ("no such name", of(ResponseCode::NXDomain), Says::NoSuchName, "NXDOMAIN"),
        ("no records", of(ResponseCode::NoError), Says::NoRecords, "NOERROR"),
        ("no records, by whose zone it is", authority, Says::NoRecords, "NOERROR"),
        ("a pointer to others", referral, Says::Failed, "NOERROR"),
        ("a failure", of(ResponseCode::ServFail), Says::Failed, "SERVFAIL"),
        ("a refusal", of(ResponseCode::Refused), Says::Failed, "REFUSED"),
        ("not implemented", of(ResponseCode::NotImp), Says::Failed, "NOTIMP"),
        ("no question in it", failed, Says::Failed, "FORMERR"),
        ("cut off", cut, Says::Truncated, "NOERROR"),
        ("an unknown code", of(ResponseCode::from(0, 12)), Says::Failed, "RCODE12"),
    ] {
        let told = asked().read(&bytes).expect(sentence);
        assert_eq!((told.says, told.rcode.as_str()), (says, code), "{sentence}");
    }
}

#[test]
fn what_answers_another_question_is_no_answer() {
    let good = || answer(vec![address("a.test.", "10.0.0.1")], |_| {});
    assert!(asked().read(&good()).is_some());
    let bent = |bend: fn(&mut Message)| answer(vec![address("a.test.", "10.0.0.1")], bend);
    let mut empty = good();
    empty[5] = 0;
    for (sentence, bytes) in [
        ("another number", bent(|message| message.metadata.id = 78)),
        ("a question", bent(|message| message.metadata.message_type = MessageType::Query)),
        ("another opcode", bent(|message| message.metadata.op_code = OpCode::Notify)),
        (
            "another name",
            bent(|message| message.queries[0].name = Name::from_ascii("b.test.").expect("a name")),
        ),
        ("another kind", bent(|message| message.queries[0].query_type = RecordType::AAAA)),
        ("two questions", bent(|message| message.queries.push(message.queries[0].clone()))),
        ("an answer without its question", empty),
        ("nothing", Vec::new()),
        ("half a header", good()[..11].to_vec()),
        ("text", b"no DNS at all".to_vec()),
    ] {
        assert_eq!(asked().read(&bytes), None, "{sentence}");
    }
}

#[test]
fn an_answer_that_ends_in_the_middle_is_a_failure_and_what_follows_the_answers_is_not_read() {
    let whole = answer(vec![alias("a.test.", "b.test."), address("b.test.", "10.0.0.1")], |_| {});
    let question = answer(vec![], |_| {}).len();
    for length in question..whole.len() {
        let told = asked().read(&whole[..length]).expect("an answer to this question");
        assert_eq!(told.says, Says::Failed, "{length} bytes");
    }
    // It claims seven more records, and has bytes that are none.
    let mut odd = [whole, vec![0xc0; 5]].concat();
    odd[11] = 7;
    assert!(matches!(asked().read(&odd).map(|told| told.says), Some(Says::Addresses(_))));
}

#[test]
fn a_question_is_as_plain_as_it_can_be() {
    let plain = asked().to_bytes(false).expect("bytes");
    assert_eq!(plain, b"\0\x4d\x01\0\0\x01\0\0\0\0\0\0\x01a\x04test\0\0\x01\0\x01");
    let message = Message::from_vec(&asked().to_bytes(true).expect("bytes")).expect("a message");
    assert_eq!(message.edns.map(|edns| edns.max_payload()), Some(1_232));
}
