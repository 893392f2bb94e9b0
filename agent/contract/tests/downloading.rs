//! Downloads as they travel.

use ringfence_contract::address::{Address, Family};
use ringfence_contract::call::{Call, Destination};
use ringfence_contract::download::{Download, Downloaded, Payload, Portion};
use ringfence_contract::id::{BootId, CallId, OrderId, RunId};
use ringfence_contract::order::{self, Ask, Order, PrivateKey, Run};
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::reply::{Line, ReplyWriter, read_reply};
use ringfence_contract::sample::{Phases, Sample};
use ringfence_contract::seal::RunKey;

const NOW_MS: u64 = 1_790_000_000_000;

fn download() -> Download {
    let address: Address = "https://app.test/".parse().expect("an address");
    let to = Destination::Endpoint(address.into());
    let call = Call { expects: "app-1".parse().ok(), ..Call::new(to, Family::Ipv4) };
    Download { call, portion: Portion { lasts_ms: 5_000, bytes: 123_456_789 }, fingerprints: Vec::new() }
}

#[test]
fn an_order_to_download_is_read_as_it_was_signed() {
    let key = PrivateKey::random();
    let order = Order {
        audience: "app-2".parse().expect("a name"),
        id: OrderId::random(),
        issued_ms: NOW_MS,
        expires_ms: NOW_MS + 60_000,
        boot: Some(BootId::random()),
        run: Run { id: RunId::random(), key: RunKey::random() },
        ask: Ask::Download(Box::new(download())),
    };
    let text = order::sign(&key, &order);
    assert_eq!(order::open(&text, &[key.public()], &order.audience, NOW_MS).as_ref(), Ok(&order));
    // One byte more or less is another order.
    let bent = text.replace("123456789", "123456790");
    assert!(bent != text && order::open(&bent, &[key.public()], &order.audience, NOW_MS).is_err());
}

#[test]
fn what_came_is_read_as_it_was_sealed() {
    let (key, order) = (RunKey::random(), OrderId::random());
    let sample = Sample {
        call: CallId::random(),
        started_ms: NOW_MS,
        outcome: Outcome::TimedOut(Phase::FirstByte),
        phases: Phases::default(),
        remote: None,
        local: None,
        resolution: None,
        tls: None,
        status: None,
        again: None,
        limit: None,
    };
    let payload = Payload { bytes: 77_000_001, took_us: 1_500_000, seconds: vec![50_000_001, 27_000_000] };
    let downloaded = Downloaded { sample, payload, cut_short: Some("the connection ended".to_owned()) };
    let mut writer = ReplyWriter::new(key.clone(), order);
    let line = writer.line(&Line::Downloaded(Box::new(downloaded.clone())));
    let reply = format!("{line}{}", writer.end());
    assert_eq!(read_reply(&key, order, &reply), Ok(vec![Line::Downloaded(Box::new(downloaded))]));
    // More than came bears no seal.
    let bent = reply.replace("77000001", "87000001");
    assert!(bent != reply && read_reply(&key, order, &bent).is_err());
}

#[test]
fn the_longest_download_fits_one_order_beside_the_usual_timeouts() {
    let mut longest = download();
    longest.portion = Portion { lasts_ms: Portion::LASTS_MAX_MS, bytes: Portion::BYTES_MAX };
    assert!(longest.portion.is_within_bounds() && longest.takes_ms() <= Download::TAKES_MAX_MS);
    for (lasts_ms, bytes) in [(0, 1), (1, 0), (Portion::LASTS_MAX_MS + 1, 1), (1, Portion::BYTES_MAX + 1)] {
        assert!(!Portion { lasts_ms, bytes }.is_within_bounds(), "{lasts_ms} {bytes}");
    }
}
