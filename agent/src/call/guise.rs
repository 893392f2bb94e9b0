//! What a call passes for: the host it asks for, and the headers that say who asks.

use http::header::{ACCEPT, SET_COOKIE, USER_AGENT};
use http::request::Builder;
use http::{HeaderMap, HeaderValue};
use ringfence_contract::address::{Address, Host};
use ringfence_contract::call::{Call, Guise, Route};
use ringfence_contract::id::CallId;

/// What this program calls itself to a server.
pub(super) const OWN_NAME: &str = concat!("ringfence/", env!("CARGO_PKG_VERSION"));

/// What Firefox says of itself with a page (RFC 9110 sections 10.1.5 and 12.5; MDN, "Firefox user agent string reference" and
/// "List of default Accept values"), and the fetch metadata that goes with a page that a person opens (W3C, "Fetch Metadata
/// Request Headers").
const BROWSER: [(&str, &str); 8] = [
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("accept-language", "en-US,en;q=0.5"),
    ("upgrade-insecure-requests", "1"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-site", "none"),
    ("sec-fetch-user", "?1"),
];

/// Says who asks.
pub(super) fn introduce(builder: Builder, guise: Guise) -> Builder {
    match guise {
        Guise::Own | Guise::Http1 | Guise::MadeUpHost | Guise::LookUp => builder
            .header(USER_AGENT, HeaderValue::from_static(OWN_NAME))
            .header(ACCEPT, HeaderValue::from_static("*/*")),
        Guise::Browser => BROWSER
            .into_iter()
            .fold(builder, |builder, (name, value)| builder.header(name, HeaderValue::from_static(value))),
    }
}

/// What a browser sends back of the cookies that came with an answer (RFC 6265 section 5.4); none where none came.
pub(super) fn cookies(headers: &HeaderMap) -> Option<HeaderValue> {
    let pair =
        |value: &HeaderValue| value.to_str().ok()?.split(';').next().map(|pair| pair.trim().to_owned());
    let pairs: Vec<String> = headers.get_all(SET_COOKIE).iter().filter_map(pair).collect();
    let sent = HeaderValue::try_from(pairs.join("; ")).ok()?;
    (!pairs.is_empty()).then_some(sent)
}

/// The way as the request and the handshake name it. Where the connection goes and what the policy looks at is not changed by
/// that.
pub(super) fn named(route: &Route, call: &Call) -> Route {
    match call.guise {
        Guise::Own | Guise::Http1 | Guise::Browser | Guise::LookUp => route.clone(),
        Guise::MadeUpHost => {
            let host = made_up(&route.address.host, call.id);
            Route { address: Address { host, ..route.address.clone() }, ..route.clone() }
        }
    }
}

/// A host that no site has: beside the one that is called, so that a certificate for all names there fits it too; of an
/// address, a name that nobody may register (RFC 6761 section 6.4).
fn made_up(host: &Host, call: CallId) -> Host {
    let tag: String = call.to_string().chars().take(12).collect();
    let parent = match host {
        Host::Name(name) => name.split_once('.').map(|(_, parent)| parent),
        Host::Ip(_) => Some("invalid"),
    };
    Host::Name(match parent {
        Some(parent) => format!("no-site-{tag}.{parent}"),
        None => format!("no-site-{tag}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_brings_back_names_and_values_alone() {
        for (set, sent) in [
            (&["a=1; Path=/; HttpOnly"][..], Some("a=1")),
            (&["a=1", "b=2; Secure"], Some("a=1; b=2")),
            (&["a=\"x y\"; Max-Age=9"], Some("a=\"x y\"")),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for cookie in set {
                headers.append(SET_COOKIE, HeaderValue::from_static(cookie));
            }
            assert_eq!(cookies(&headers).as_ref().and_then(|sent| sent.to_str().ok()), sent, "{set:?}");
        }
    }

    #[test]
    fn a_made_up_host_stands_beside_the_one_that_is_called() {
        let call = CallId::random();
        for (host, ends) in [
            ("https://app.scm.example.test", ".scm.example.test"),
            ("https://example.test", ".test"),
            ("https://10.0.0.4", ".invalid"),
            ("https://[fd00::1]", ".invalid"),
        ] {
            let address: Address = host.parse().expect("an address");
            let Host::Name(made_up) = made_up(&address.host, call) else { panic!("{host}: no name") };
            assert!(made_up.starts_with("no-site-") && made_up.ends_with(ends), "{host}: {made_up}");
        }
        let Host::Name(single) = made_up(&Host::Name("app".to_owned()), call) else { panic!("no name") };
        assert!(!single.contains('.'), "{single}");
    }
}
