//! Notices in words: what was not tried or rests on less, and what to add.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::judge::{Notice, Unforged};
use crate::scenario::Scenario;

/// The most addresses that one line lists.
const LISTED_MAX: usize = 4;

/// A notice in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldNotice {
    /// What a reader has to know, in one sentence without a full stop.
    pub sentence: String,
    /// What to add or look at.
    pub hint: String,
}

/// Puts notices into words, in their order.
#[must_use]
pub fn tell(scenario: &Scenario, notices: &[Notice]) -> Vec<ToldNotice> {
    notices.iter().map(|notice| tell_one(scenario, notice)).collect()
}

fn tell_one(scenario: &Scenario, notice: &Notice) -> ToldNotice {
    let (sentence, hint) = match notice {
        Notice::LeftOut(left) => (
            format!("`{}` was not tried: its input `{}` was not given", left.endpoint, left.input),
            format!("give it with `--set {}=VALUE`, or in the inputs file", left.input),
        ),
        Notice::OtherFamily { endpoint, family, addresses } => {
            let name = &scenario.endpoint(*endpoint).name;
            (
                format!("the name of `{name}` has {family} addresses ({}), and nobody calls them", list(addresses)),
                format!("add `families: [ipv4, ipv6]` to `{name}`: another family is another door"),
            )
        }
        Notice::Uncalled { endpoint, addresses } => (
            format!("{addresses} addresses of `{}` were not called", scenario.endpoint(*endpoint).name),
            "name those that matter by `connect`, as endpoints of their own".to_owned(),
        ),
        Notice::NothingForged(why) => nothing_forged(*why),
        Notice::SeveralAddresses { vantage, addresses } => (
            format!("the platform saw `{}` at {} addresses: {}", scenario.agent(*vantage).name, addresses.len(), list(addresses)),
            "a pool of addresses is no fault; a rule that names one of them may hold for some calls only".to_owned(),
        ),
        Notice::Undecoded { vantage, address } => (
            format!(
                "`{}` came through a service endpoint as {address}, which does not show its subnet",
                scenario.agent(*vantage).name
            ),
            "give its zone the subnet's IPv4 network; where the address shows none, look at the caller's subnet by hand"
                .to_owned(),
        ),
    };
    ToldNotice { sentence, hint }
}

fn nothing_forged(why: Unforged) -> (String, String) {
    let (because, hint) = match why {
        Unforged::NoHttp => {
            ("no endpoint that must be denied speaks HTTP", "nothing to do: only HTTP has such headers")
        }
        Unforged::ByRule => (
            "the rules say `spoof: false`",
            "leave it out to test whether the front end believes its callers",
        ),
        Unforged::NoRequest => (
            "no denied call got as far as sending a request",
            "nothing to do: what sends no request sends no header",
        ),
    };
    (format!("no forged call was made: {because}"), hint.to_owned())
}

fn list(addresses: &[IpAddr]) -> String {
    let shown: Vec<String> = addresses.iter().take(LISTED_MAX).map(ToString::to_string).collect();
    let more = addresses.len().saturating_sub(LISTED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
