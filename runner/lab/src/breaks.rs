//! Lists the misconfigurations of the seed topologies. Each says what it does, and which edges it must turn, for which
//! reason.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use ringfence::judge::Reason;

use crate::front_end::Mood;
use crate::layout::{Gone, Layout};
use crate::score::Turn;
use crate::topology::{SHARED_OUTBOUND, Serves, subnet};

/// A misconfiguration.
pub struct Break {
    /// What it is called on the command line.
    pub name: &'static str,
    /// The seed it belongs to.
    pub seed: &'static str,
    /// What has gone wrong, in a sentence without a full stop.
    pub what: &'static str,
    /// Does it.
    pub(crate) does: fn(&mut Layout),
    /// The edges it must turn. Every other edge must pass.
    pub turns: &'static [Turn],
}

impl fmt::Debug for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Break").field("name", &self.name).field("seed", &self.seed).finish_non_exhaustive()
    }
}

fn everyone() -> IpNet {
    IpNet::V4(Ipv4Net::default())
}

fn shared_outbound() -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(SHARED_OUTBOUND))
}

/// The worker of app-service-2 takes no orders: nothing is known of its calls.
const NOT_ASKED: Turn =
    ("app-service-2 > app-service-1/site app-service-1/scm app-service-2/site", Reason::VantageNotAsked);

/// App-service-1 is refused at an address outside its zone: whose call that refuses is not known.
const REFUSED_ELSEWHERE: Turn =
    ("app-service-1 > app-service-1/site app-service-2/scm", Reason::OthersAddress);

/// Whoever may reach app-service-2 gets an answer of somebody else's.
const WRONGLY_ANSWERED: Turn = ("test-vm app-service-1 > app-service-2/site", Reason::WrongAnswer);

const APPS: &str = "app-service-to-app-service";
const FUNCTIONS: &str = "web-app-to-function";

/// Every break, in the order of `--list-breaks`.
pub const BREAKS: &[Break] = &[
    Break {
        name: "restriction-removed",
        seed: APPS,
        what: "the last access restriction of app-service-2 was removed, so everybody is admitted",
        does: |layout| layout.site("app_2_host").admits.push(everyone()),
        turns: &[("app-service-2 internet > app-service-2/site", Reason::Leak)],
    },
    Break {
        name: "scm-open",
        seed: APPS,
        what: "the SCM site of app-service-1 was forgotten: its own list of restrictions is empty",
        does: |layout| layout.site("app_1_scm_host").admits.push(everyone()),
        turns: &[("app-service-2 internet > app-service-1/scm", Reason::PathOpen)],
    },
    Break {
        name: "forwarded-for-believed",
        seed: APPS,
        what: "app-service-2 takes a caller's address from the X-Forwarded-For header, which anybody can write",
        does: |layout| layout.site("app_2_host").mood = Mood::Believing,
        turns: &[("app-service-2 internet > app-service-2/site", Reason::Leak)],
    },
    Break {
        name: "wrong-subnet",
        seed: APPS,
        what: "app-service-2 admits its own subnet where it should admit that of app-service-1",
        does: |layout| {
            layout.site("app_2_host").admits = vec![subnet([127, 10, 2, 0]), subnet([127, 10, 0, 0])];
        },
        turns: &[
            ("app-service-1 > app-service-2/site", Reason::Blocked),
            ("app-service-2 > app-service-2/site", Reason::Leak),
        ],
    },
    Break {
        name: "not-integrated",
        seed: APPS,
        what: "app-service-1 lost its VNet integration, so its calls leave from a public address",
        does: |layout| *layout.source("app-service-1") = shared_outbound(),
        turns: &[("app-service-1 > app-service-2/site", Reason::Blocked), REFUSED_ELSEWHERE],
    },
    Break {
        name: "shared-address-admitted",
        seed: APPS,
        what: "app-service-1 lost its VNet integration, and app-service-2 admits the outbound addresses that its whole scale unit shares",
        does: |layout| {
            *layout.source("app-service-1") = shared_outbound();
            layout.site("app_2_host").admits.push(subnet(SHARED_OUTBOUND));
        },
        turns: &[("app-service-1 > app-service-2/site", Reason::WrongSource), REFUSED_ELSEWHERE],
    },
    Break {
        name: "app-down",
        seed: APPS,
        what: "the worker of app-service-2 is down: the front end answers 502 to whom it admits",
        does: |layout| layout.gone = Some(("app-service-2", Gone::BeforeTheRun)),
        turns: &[WRONGLY_ANSWERED, NOT_ASKED],
    },
    Break {
        name: "app-stopped",
        seed: APPS,
        what: "app-service-2 is stopped: everybody gets a 403 that looks like a refusal",
        does: |layout| layout.site("app_2_host").mood = Mood::Stopped,
        turns: &[WRONGLY_ANSWERED, NOT_ASKED, ("internet > app-service-2/site", Reason::NotADenial)],
    },
    Break {
        name: "another-app",
        seed: APPS,
        what: "the name of app-service-2 leads to app-service-1",
        does: |layout| layout.site("app_2_host").serves = Serves::Agent("app-service-1"),
        turns: &[("test-vm app-service-1 > app-service-2/site", Reason::WrongAgent), NOT_ASKED],
    },
    Break {
        name: "portal",
        seed: APPS,
        what: "a portal stands in front of app-service-2 and answers 200 to everybody",
        does: |layout| layout.site("app_2_host").mood = Mood::Portal,
        turns: &[WRONGLY_ANSWERED, NOT_ASKED, ("internet > app-service-2/site", Reason::PathOpen)],
    },
    Break {
        name: "resolver-broken",
        seed: APPS,
        what: "the internet vantage's resolver fails, so none of its calls gets as far as a refusal",
        does: |layout| layout.internet_resolver_fails = true,
        turns: &[(
            "internet > app-service-1/site app-service-1/scm app-service-2/site app-service-2/scm",
            Reason::NotResolved,
        )],
    },
    Break {
        name: "target-gone",
        seed: APPS,
        what: "app-service-2 goes down in the middle of the run",
        does: |layout| layout.gone = Some(("app-service-2", Gone::InTheRun)),
        turns: &[WRONGLY_ANSWERED, NOT_ASKED],
    },
    Break {
        name: "front-end-silent",
        seed: APPS,
        what: "the front end takes requests for app-service-2 and never answers",
        does: |layout| layout.site("app_2_host").mood = Mood::Silent,
        turns: &[
            ("test-vm app-service-1 > app-service-2/site", Reason::Blocked),
            NOT_ASKED,
            ("internet > app-service-2/site", Reason::NoTargetWitness),
        ],
    },
    Break {
        name: "intermittent-opening",
        seed: APPS,
        what: "one instance in three of app-service-2 does not enforce its restrictions",
        does: |layout| layout.site("app_2_host").mood = Mood::OpenOneInThree,
        turns: &[("app-service-2 internet > app-service-2/site", Reason::Leak)],
    },
    Break {
        name: "published-template",
        seed: FUNCTIONS,
        what: "the template as it was published: function B's SCM site and all of function A are open to the internet",
        does: |layout| {
            for site in ["function_a_host", "function_a_scm_host", "function_b_scm_host"] {
                layout.site(site).admits.push(everyone());
            }
        },
        turns: &[
            ("test-vm function-a internet > function-b/scm", Reason::PathOpen),
            ("function-b internet > function-a/site", Reason::Leak),
            ("function-b internet > function-a/scm", Reason::PathOpen),
        ],
    },
    Break {
        name: "function-open",
        seed: FUNCTIONS,
        what: "function B's unmatched callers are allowed, as one provider's default has it",
        does: |layout| layout.site("function_b_host").admits.push(everyone()),
        turns: &[("test-vm internet > function-b/site", Reason::Leak)],
    },
    Break {
        name: "service-endpoint-missing",
        seed: FUNCTIONS,
        what: "the subnet of function A has no service endpoint, so function B sees a public address",
        does: |layout| *layout.source("function-a") = shared_outbound(),
        turns: &[
            ("function-a > function-b/site", Reason::Blocked),
            // Orders to function B go by way of function A.
            ("function-b > function-a/site function-a/scm", Reason::VantageNotAsked),
            ("function-a > function-b/scm", Reason::OthersAddress),
        ],
    },
];
