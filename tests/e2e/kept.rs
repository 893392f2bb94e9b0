//! Measured calls, one after the other, on connections that are kept and connections that end.

use ringfence_agent::call::{Kept, Seen};
use ringfence_contract::call::{Call, Route, Trust};
use ringfence_contract::outcome::{Outcome, OutcomeKind};
use ringfence_contract::sample::Clock;
use ringfence_tests::Peer;
use ringfence_tests::calls::{call_to, means, route, run, settings};
use ringfence_tests::certificates::{Authority, Validity};
use ringfence_tests::closed;
use ringfence_tests::h2;
use ringfence_tests::script::{Script, response};

const NAME: &str = "app-1.example.test";

fn over_tls(peer: &Peer, authority: &Authority) -> Call {
    let connect = Some(peer.address.ip());
    let to = route(&format!("https://{NAME}:{}", peer.address.port()));
    call_to(Route { connect, trust: Trust::Ca(authority.pem()), ..to })
}

/// Places calls on one connection as long as it stands.
async fn measured(call: &Call, times: u32) -> Vec<Seen> {
    let (means, run) = (means(settings()), run());
    let mut kept = Kept::default();
    let mut all = Vec::new();
    for number in 1..=times {
        let call = Call { id: call.id.numbered(number), ..call.clone() };
        all.push(kept.measure(&means, &run, &[], &call).await);
    }
    all
}

#[tokio::test]
async fn calls_over_http_2_share_a_connection_and_are_timed_each() {
    let authority = Authority::new();
    let peer = h2::answering(authority.server(NAME, Validity::Now, &["h2"]), b"hello".to_vec()).await;
    let call = over_tls(&peer, &authority);
    let all = measured(&call, 300).await;
    assert_eq!(peer.heard().len(), 300);
    for (place, Seen { sample, took, is_opened }) in all.iter().enumerate() {
        assert!(
            matches!(&sample.outcome, Outcome::Unsealed(unsealed) if unsealed.body == "hello"),
            "{sample:?}"
        );
        assert_eq!(
            (*is_opened, took.connect.is_some(), took.tls.is_some()),
            (place == 0, place == 0, place == 0)
        );
        assert!(took.first_byte.is_some() && took.transfer.is_some(), "{took:?}");
        assert_eq!(sample.remote, Some(peer.address));
    }
    let by_kernel = |seen: &&Seen| seen.took.first_byte.is_some_and(|timed| timed.clock == Clock::Kernel);
    assert!(!cfg!(target_os = "linux") || all.iter().filter(by_kernel).count() > 0);
}

#[tokio::test]
async fn a_server_that_ends_each_connection_gets_a_new_one_each_time_and_loses_nothing() {
    let head = "connection: close\r\n";
    let peer = Script::http(response("200 OK", head, b"hello")).play().await;
    let call = call_to(route(&format!("http://{}", peer.address)));
    for Seen { sample, is_opened, .. } in measured(&call, 5).await {
        assert_eq!((sample.outcome.kind(), is_opened), (OutcomeKind::Unsealed, true), "{sample:?}");
    }
}

#[tokio::test]
async fn what_no_connection_can_be_had_for_is_told_call_by_call() {
    let call = call_to(route(&format!("http://{}", closed::tcp().await)));
    for Seen { sample, took, is_opened } in measured(&call, 3).await {
        assert_eq!((sample.outcome.kind(), is_opened), (OutcomeKind::Refused, true));
        assert_eq!((took.connect, took.first_byte), (None, None));
    }
}
