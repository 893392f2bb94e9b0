//! Resolvers that know, fail or say nothing, and what is read from what they say.

use hickory_resolver::proto::op::Message;

use super::*;

#[test]
fn a_code_has_the_registrys_name() {
    assert_eq!(rcode(ResponseCode::NXDomain), "NXDOMAIN");
    assert_eq!(rcode(ResponseCode::ServFail), "SERVFAIL");
    assert_eq!(rcode(ResponseCode::BADVERS), "RCODE16");
}

#[test]
fn a_circle_of_aliases_ends() {
    let name = |text: &str| Name::from_ascii(text).expect("a name");
    let alias = |from: &str, to: &str| {
        let target = RData::CNAME(hickory_resolver::proto::rr::rdata::CNAME(name(to)));
        hickory_resolver::proto::rr::Record::from_rdata(name(from), 60, target)
    };
    let query = Query::query(name("a.test."), RecordType::A);
    let circle = [alias("a.test.", "b.test."), alias("b.test.", "a.test.")];
    let lookup = Lookup::new_with_max_ttl(query, circle);
    assert_eq!(read(&lookup, Family::Ipv4), (vec![], vec!["b.test".to_owned(), "a.test".to_owned()]));
}

/// Answers each question with this code, or hears it and says nothing.
async fn server(code: Option<ResponseCode>) -> (NameServerConfig, tokio::task::JoinHandle<()>) {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let server = only(socket.local_addr().expect("an address"));
    let work = async move {
        let mut buffer = [0; 512];
        while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
            let Some(code) = code else { continue };
            let question = Message::from_vec(buffer.get(..count).unwrap_or_default());
            let mut answer = question.expect("a question").into_response();
            answer.metadata.response_code = code;
            let answer = answer.to_vec().expect("an answer");
            socket.send_to(&answer, from).await.expect("loopback takes a datagram");
        }
    };
    (server, tokio::spawn(work))
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_is_silent_or_fails() {
    let query = Query::query(Name::from_ascii("a.test.").expect("a name"), RecordType::A);
    let (nx, fail) = (ResponseCode::NXDomain, ResponseCode::ServFail);
    for (first, second, expected, said_by) in [
        (None, Some(nx), UnresolvedWhy::NoSuchName, [false, true]),
        (Some(fail), Some(nx), UnresolvedWhy::NoSuchName, [false, true]),
        (Some(nx), Some(fail), UnresolvedWhy::NoSuchName, [true, false]),
        (Some(fail), None, UnresolvedWhy::ResolverFailed, [true, false]),
        (None, None, UnresolvedWhy::ResolverSilent, [true, true]),
    ] {
        let ((one, first_task), (two, second_task)) = (server(first).await, server(second).await);
        let limit = Duration::from_secs(2);
        let servers = [one, two];
        let Heard { resolver, answer } = ask_each(&servers, &ResolverOpts::default(), &query, limit).await;
        let Err(Unheard::Unresolved(why, _)) = answer else { panic!("{first:?} {second:?}: {answer:?}") };
        assert_eq!(why, expected, "{first:?}, then {second:?}");
        let named = |server| resolver.split(", ").any(|named| named == written(std::slice::from_ref(server)));
        assert_eq!([named(&servers[0]), named(&servers[1])], said_by, "{first:?}, then {second:?}");
        first_task.abort();
        second_task.abort();
    }
}
