//! Search lists and name servers, and where a name leads with them: what glibc's `getaddrinfo` was seen to find.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::*;

/// A server that knows a few names.
async fn server() -> (SocketAddr, JoinHandle<()>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let address = socket.local_addr().expect("an address");
    let work = async move {
        let mut buffer = [0; 512];
        while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
            let question = Message::from_vec(&buffer[..count]).expect("a question");
            if let Some(answer) = answer(question) {
                socket.send_to(&answer, from).await.expect("loopback takes a datagram");
            }
        }
    };
    (address, tokio::spawn(work))
}

fn answer(question: Message) -> Option<Vec<u8>> {
    let query = question.queries[0].clone();
    let mut message = question.into_response();
    message.metadata.recursion_available = true;
    let name = query.name.to_ascii();
    let name = name.trim_end_matches('.');
    let data: &[RData] = match (name, query.query_type) {
        ("web.shop.test" | "app.example.test", RecordType::A) => &[RData::from(IpAddr::from([10, 0, 0, 1]))],
        ("six.test" | "six.shop.test", RecordType::AAAA) => {
            &[RData::from(IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 1]))]
        }
        ("web.shop.test" | "app.example.test" | "six.test" | "six.shop.test" | "bare.test", _) => &[],
        ("dangling.test", _) => &[RData::CNAME(CNAME(Name::from_ascii("nowhere.test.").expect("a name")))],
        _ if name.ends_with(".wild.test") => &[RData::from(IpAddr::from([10, 0, 0, 66]))],
        _ => {
            message.metadata.response_code = match name.rsplit('.').nth(1) {
                Some("fail") => ResponseCode::ServFail,
                Some("refuse") => ResponseCode::Refused,
                Some("mute") => return None,
                _ => ResponseCode::NXDomain,
            };
            &[]
        }
    };
    let records = data.iter().map(|data| Record::from_rdata(query.name.clone(), 60, data.clone()));
    message.add_answers(records);
    Some(message.to_vec().expect("an answer"))
}

#[tokio::test]
async fn a_name_leads_where_it_leads_the_hosts_other_programs() {
    let (address, task) = server().await;
    for (text, name, told) in [
        ("search shop.test", "web", "web.shop.test: Addresses"),
        ("search other.test shop.test", "web", "web.shop.test: Addresses"),
        ("search shop.test", "app.example.test", "app.example.test: Addresses"),
        ("search wild.test", "app.example.test", "app.example.test: Addresses"),
        ("search wild.test\noptions ndots:5", "app.example.test", "app.example.test.wild.test: Addresses"),
        ("search shop.test\noptions ndots:5", "app.example.test", "app.example.test: Addresses"),
        ("search wild.test", "nosuch.test", "nosuch.test.wild.test: Addresses"),
        ("search shop.test", "nosuch.test", "nosuch.test: NXDOMAIN"),
        ("search shop.test", "nosuch", "nosuch: NXDOMAIN"),
        ("", "web", "web: NXDOMAIN"),
        // It exists, and has addresses in the other family.
        ("search wild.test", "six.test", "six.test: NOERROR"),
        ("search shop.test wild.test", "six", "six.shop.test: NOERROR"),
        // It exists, and has no address at all.
        ("search wild.test", "bare.test", "bare.test.wild.test: Addresses"),
        ("search test shop.test", "bare", "bare.test: NOERROR"),
        ("search wild.test", "dangling.test", "dangling.test: NOERROR"),
        // A failure ends the search where the servers failed, and not the zone.
        ("search fail.test wild.test", "web", "web.wild.test: Addresses"),
        ("search fail.test shop.test", "nosuch", "nosuch.fail.test: SERVFAIL"),
        ("search refuse.test wild.test", "web", "web.refuse.test: REFUSED"),
        ("search wild.test", "x.fail.test", "x.fail.test.wild.test: Addresses"),
        ("search wild.test", "x.refuse.test", "x.refuse.test.wild.test: Addresses"),
        ("search shop.test", "x.refuse.test", "x.refuse.test: REFUSED"),
        ("search fail.test", "x.refuse.test", "x.refuse.test: REFUSED"),
    ] {
        let mut settings = Settings::read_alone(text);
        settings.servers = vec![address];
        let sought = Sought { name, absolute: false, family: Family::Ipv4 };
        let searched = search(&settings, sought, Instant::now() + Duration::from_secs(10)).await;
        let Searched { name: of, heard } = searched.expect("a name to ask for");
        let heard = heard.answer.expect("an answer");
        let said = match heard.says {
            Says::Addresses(_) => "Addresses".to_owned(),
            _ => heard.rcode,
        };
        assert_eq!(format!("{of}: {said}"), told, "{name} with {text:?}");

        let absolute =
            search(&settings, Sought { absolute: true, ..sought }, Instant::now() + Duration::from_secs(10));
        assert_eq!(absolute.await.expect("a name").name, name, "{name}. with {text:?}");
    }
    task.abort();
}

#[tokio::test]
async fn silence_ends_a_search_in_time() {
    let (address, task) = server().await;
    let mut settings = Settings::read_alone("search mute.test wild.test");
    settings.servers = vec![address];
    let sought = Sought { name: "web", absolute: false, family: Family::Ipv4 };
    let searched = search(&settings, sought, Instant::now() + Duration::from_millis(500)).await;
    let Searched { name, heard } = searched.expect("a name to ask for");
    assert_eq!((name.as_str(), heard.answer), ("web.mute.test", Err(Unheard::Silent)));
    task.abort();
}
