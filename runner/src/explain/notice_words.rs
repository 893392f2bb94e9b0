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
        Notice::LeftOut { input, endpoints } => (
            format!("not tried, as the input `{input}` was not given: {}", endpoints.join(", ")),
            format!("give it with `--set {input}=VALUE`, or in the inputs file"),
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
        Notice::Untried { vantage, endpoint, addresses } => (
            format!(
                "`{}` did not call `{}` at {}, where allowed callers reached it: the name leads elsewhere from there",
                scenario.agent(*vantage).name, scenario.endpoint(*endpoint).name, list(addresses)
            ),
            "to test these addresses too, name them by `connect`, as endpoints of their own".to_owned(),
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
        Unforged::NoAnswer => {
            let sentence =
                "no forged call was answered: they may have been lost before anything looked at them";
            let hint = "look whether a rate limit stands in front, and try again without it";
            return (sentence.to_owned(), hint.to_owned());
        }
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

#[cfg(test)]
mod tests {
    use ringfence_contract::outcome::{NotSent, NotSentWhy, Outcome, Phase};
    use ringfence_contract::sample::Resolution;

    use crate::dispatch::Attempt;
    use crate::judge::sample_run::{
        OUTSIDER_TO_SCM, OUTSIDER_TO_SITE, Scene, VM_SEES_SITE, VM_TO_SITE, answered, attempt, forbidden,
        sample,
    };
    use crate::plan::Role;
    use crate::scenario::{LeftOut, ServiceEndpoint, Spoofing};

    fn sentences(scene: &Scene) -> Vec<String> {
        scene.notices().into_iter().map(|notice| notice.sentence).collect()
    }

    fn with_role(role: Role, outcome: Outcome) -> Attempt {
        Attempt { role: Some(Box::new(role)), ..attempt(outcome) }
    }

    /// A run in which one call was forged, so that nothing is to be told.
    fn quiet() -> Scene {
        Scene::sound().with(|scene| {
            let forged = with_role(Role::Forged([10, 0, 0, 4].into()), forbidden("198.51.100.7"));
            scene.observations.reach[OUTSIDER_TO_SITE].push(forged);
        })
    }

    fn looked_up(addresses: &[&str]) -> Attempt {
        let detail = "the name leads to `2001:db8::1`".to_owned();
        let mut seen = sample(Outcome::NotSent(NotSent { why: NotSentWhy::LookedUp, detail }));
        seen.resolution = Some(Box::new(Resolution {
            resolver: "192.0.2.53:53".to_owned(),
            name: "app.test".to_owned(),
            addresses: addresses.iter().map(|address| address.parse().expect("an address")).collect(),
            cnames: Vec::new(),
            rcode: Some("NOERROR".to_owned()),
            took_us: 9,
        }));
        Attempt { role: Some(Box::new(Role::OtherFamily)), call: seen.call, sample: Ok(Box::new(seen)) }
    }

    /// The vm is led to this address of the site, and reaches it there.
    fn led(remote: &str) -> Scene {
        quiet().with(|scene| {
            let seen = &mut scene.observations;
            for attempt in [&mut seen.before[VM_SEES_SITE], &mut seen.after[VM_SEES_SITE]] {
                let sample = attempt.sample.as_mut().expect("a sample");
                sample.remote = Some(remote.parse().expect("an address"));
            }
        })
    }

    /// The vm is led to this address, and the outsider's call there is not sent.
    fn called_at(address: [u8; 4], why: NotSentWhy) -> Scene {
        let outcome = Outcome::NotSent(NotSent { why, detail: "no".to_owned() });
        led(&format!("{}:443", std::net::Ipv4Addr::from(address))).with(|scene| {
            let attempt = with_role(Role::AtAddress(address.into()), outcome.clone());
            scene.observations.reach[OUTSIDER_TO_SITE].push(attempt);
        })
    }

    #[test]
    fn what_was_not_tried_is_said() {
        let push =
            |attempt: Attempt| quiet().with(|scene| scene.observations.reach[OUTSIDER_TO_SITE].push(attempt));
        let of = |scene: &Scene| sentences(scene).join("; ");
        for (sentence, scene, told) in [
            ("nothing to say", quiet(), ""),
            (
                "the other family",
                push(looked_up(&["2001:db8::1"])),
                "the name of `app/site` has ipv6 addresses (2001:db8::1), and nobody calls them",
            ),
            ("no other family", push(looked_up(&[])), ""),
            (
                "a pool of addresses",
                quiet().saw(
                    OUTSIDER_TO_SCM,
                    [forbidden("198.51.100.7"), forbidden("198.51.100.8"), forbidden("198.51.100.7")],
                ),
                "the platform saw `outsider` at 2 addresses: 198.51.100.7, 198.51.100.8",
            ),
            (
                "an address that only an allowed caller was led to",
                led("203.0.113.8:443"),
                "`outsider` did not call `app/site` at 203.0.113.8, where allowed callers reached it: the name leads elsewhere \
                 from there",
            ),
            (
                "an address that this vantage may not call",
                called_at([10, 0, 0, 4], NotSentWhy::NotAllowed),
                "`outsider` did not call `app/site` at 10.0.0.4, where allowed callers reached it: the name leads elsewhere \
                 from there",
            ),
            (
                "an address to which this vantage has no route",
                called_at([10, 0, 0, 4], NotSentWhy::NoRoute),
                "",
            ),
            ("an address of the other family", led("[2001:db8::4]:443"), ""),
            (
                "an input that was not given",
                quiet().with(|scene| {
                    let (endpoint, input) = ("app/six".to_owned(), "stamp".to_owned());
                    scene.scenario.left_out = vec![LeftOut { endpoint, input }];
                }),
                "not tried, as the input `stamp` was not given: app/six",
            ),
            (
                "a service endpoint without a subnet",
                quiet().saw(VM_TO_SITE, [answered("fd00::1002:fc01:3000:2000:1000")]).with(|scene| {
                    let zone = scene.scenario.agents[0].zone.as_mut().expect("a zone");
                    zone.service_endpoint = ServiceEndpoint::Listed;
                }),
                "`vm` came through a service endpoint as fd00::1002:fc01:3000:2000:1000, which does not show its subnet",
            ),
        ] {
            assert_eq!(of(&scene), told, "{sentence}");
        }
    }

    #[test]
    fn why_nothing_was_forged_is_said() {
        let dropped = || [(); 3].map(|()| Outcome::TimedOut(Phase::Connect));
        let by = |scene: &Scene| sentences(scene).join("; ");
        let silent = Scene::sound().saw(OUTSIDER_TO_SITE, dropped());
        assert_eq!(by(&silent), "no forged call was made: no denied call got as far as sending a request");
        let left = silent.clone().with(|scene| scene.scenario.rules[1].spoofing = Spoofing::Left);
        assert_eq!(by(&left), "no forged call was made: the rules say `spoof: false`");
        let plain = silent.with(|scene| {
            for endpoint in &mut scene.scenario.endpoints {
                endpoint.route.address = "tcp://192.0.2.4:5432".parse().expect("an address");
            }
        });
        assert_eq!(by(&plain), "no forged call was made: no endpoint that must be denied speaks HTTP");
    }
}
