//! What answers in the place of an app, or does not answer: stopped, hung, cached, limited, intercepted.

use ringfence::judge::{ClaimReason as C, Reason as R};

use super::{Entry, Place, SOUND};
use crate::topology::{Certificate, Serves, WORKERS};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "app-stopped",
        what: "app 1 is stopped: everybody gets a 403 that looks like a refusal",
        does: |layout| {
            layout.site("app-1").open();
            layout.site("app-1").serves = Serves::Status(403, "Error 403 - This web app is stopped.");
        },
        turns: &[
            ("allowed > app-1/site app-1/post app-1/path", R::WrongAnswer),
            ("denied > app-1/site app-1/post app-1/path", R::NotADenial),
        ],
        ..SOUND
    },
    Entry {
        name: "ingress-without-app",
        what: "the ingress says 404 to everybody: the app behind it does not exist",
        does: |layout| {
            layout.site("app-1").open();
            layout.site("app-1").serves =
                Serves::Status(404, "This Container App is stopped or does not exist");
        },
        turns: &[
            ("allowed > app-1/site app-1/post app-1/path", R::WrongAnswer),
            ("denied > app-1/site app-1/post app-1/path", R::PathOpen),
        ],
        ..SOUND
    },
    Entry {
        name: "app-dead",
        what: "app 1's process is down: the front end says 502 to whom it admits",
        does: |layout| layout.agent(Place::App1).is_up = false,
        turns: &[
            ("app-1 > *", R::VantageNotAsked),
            ("allowed > app-1/site app-1/post app-1/path app-1/admin", R::WrongAnswer),
            ("denied > app-1/worker", R::NoTargetWitness),
            // App 1 alone may reach these, and so nobody shows that they live.
            ("denied > test-vm/database test-vm/syslog", R::NoTargetWitness),
        ],
        names: &[("app-1 > app-3/site", C::VantageNotAsked)],
        ..SOUND
    },
    Entry {
        name: "app-unavailable",
        what: "the front end says 503 to those whom it admits to app 2",
        does: |layout| layout.site("app-2").serves = Serves::Status(503, "Service Unavailable"),
        turns: &[("allowed > app-2/site", R::WrongAnswer)],
        ..SOUND
    },
    Entry {
        name: "front-slow",
        what: "the front end takes requests for app 2 and does not answer in time",
        does: |layout| {
            // A neighbour that is known and is not there: the connection is neither made nor refused.
            layout.site("app-2").serves = Serves::Worker("10.200.0.99:8080");
            layout.site("app-2").location.push("proxy_connect_timeout 60s;".to_owned());
            let line = "neighbour add 10.200.0.99 lladdr 02:00:00:00:00:99 dev workers nud permanent";
            layout.ip(Place::Front, line);
        },
        turns: &[("allowed > app-2/site", R::Blocked)],
        ..SOUND
    },
    Entry {
        name: "firewall-page",
        what: "an application firewall in front of app 2 says 403 to those whom the network admits",
        does: |layout| layout.site("app-2").serves = Serves::Status(403, "Request blocked"),
        turns: &[("allowed > app-2/site", R::WrongAnswer)],
        ..SOUND
    },
    Entry {
        name: "login-in-front",
        what: "those whom app 1 admits are sent to a login",
        does: |layout| layout.site("app-1").serves = Serves::Status(302, "https://login.test/"),
        turns: &[("allowed > app-1/site app-1/post app-1/path", R::WrongAnswer)],
        ..SOUND
    },
    Entry {
        name: "portal-in-front",
        what: "a portal stands in front of app 1 and answers everybody",
        does: |layout| {
            layout.site("app-1").open();
            layout.site("app-1").serves = Serves::Status(200, "Welcome");
        },
        turns: &[
            ("allowed > app-1/site app-1/post app-1/path", R::WrongAnswer),
            ("denied > app-1/site app-1/post app-1/path", R::PathOpen),
        ],
        ..SOUND
    },
    Entry {
        name: "intercepted",
        what: "a proxy takes app 2's TLS connections to the front end and answers them itself",
        does: |layout| {
            let mut proxy = layout.site("bare").clone();
            proxy.doors = vec!["198.51.100.10:8445 ssl default_server".to_owned()];
            proxy.certificate = Certificate::Untrusted;
            proxy.serves = Serves::Status(200, "blocked by policy");
            proxy.open();
            layout.sites.push(proxy);
            let rule = "ip saddr 10.0.2.4 ip daddr 198.51.100.10 tcp dport 443 redirect to :8445";
            layout.nft(Place::Front, "nat hook prerouting priority -100", rule);
        },
        turns: &[
            ("app-2 > app-1/site app-1/post app-1/path ipv4", R::TlsFailed),
            ("app-2 > app-1/scm app-1/staging app-1/bare", R::Intercepted),
            // Its beacon at that port is taken by the proxy as well.
            ("app-2 > app-3/site", R::NoVantageWitness),
        ],
        ..SOUND
    },
    Entry {
        name: "rate-limited",
        what: "app 2 takes one request a minute, and says 429 to all others whom it admits",
        does: |layout| {
            let mut limiter = layout.site("app-2").clone();
            limiter.doors = vec!["127.0.0.1:9999".to_owned()];
            limiter.open();
            limiter.location =
                ["limit_req zone=callers;", "limit_req_status 429;"].map(str::to_owned).to_vec();
            layout.site("app-2").serves = Serves::Worker("127.0.0.1:9999");
            layout.sites.push(limiter);
        },
        turns: &[("allowed > app-2/site", R::WrongAnswer)],
        ..SOUND
    },
    Entry {
        name: "answers-cached",
        what: "the front end answers for app 1 out of its cache",
        does: |layout| cached(layout.site("app-1")),
        turns: &[("allowed > app-1/site app-1/path", R::WrongAnswer)],
        ..SOUND
    },
    Entry {
        name: "answers-cached-for-everybody",
        what: "the front end answers for app 1 out of its cache, and asks nobody who he is",
        does: |layout| {
            cached(layout.site("app-1"));
            layout.site("app-1").open();
        },
        turns: &[
            ("allowed > app-1/site app-1/path", R::WrongAnswer),
            ("denied > app-1/site app-1/path", R::PathOpen),
            ("denied > app-1/post", R::Leak),
        ],
        ..SOUND
    },
    Entry {
        name: "certificate-expired",
        what: "app 2's certificate has expired; who is refused is refused all the same",
        does: |layout| layout.site("app-2").certificate = Certificate::Expired,
        turns: &[("allowed > app-2/site", R::TlsFailed)],
        ..SOUND
    },
    Entry {
        name: "certificate-of-another-name",
        what: "app 2's certificate is another name's",
        does: |layout| layout.site("app-2").certificate = Certificate::WrongName,
        turns: &[("allowed > app-2/site", R::TlsFailed)],
        ..SOUND
    },
    Entry {
        name: "certificate-untrusted",
        what: "app 2's certificate is by an authority that nobody trusts",
        does: |layout| layout.site("app-2").certificate = Certificate::Untrusted,
        turns: &[("allowed > app-2/site", R::TlsFailed)],
        ..SOUND
    },
    Entry {
        name: "certificate-bad-and-open",
        what: "app 2 is open to everybody behind a certificate that has expired",
        does: |layout| {
            layout.site("app-2").certificate = Certificate::Expired;
            layout.site("app-2").open();
        },
        turns: &[("allowed > app-2/site", R::TlsFailed), ("denied > app-2/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "agent-misnamed",
        what: "the agent in app 2 is called by another name: it is not the one the scenario means",
        does: |layout| layout.agent(Place::App2).name = "app-2-old",
        turns: &[("app-2 > *", R::VantageNotAsked), ("allowed > app-2/site", R::TargetNotAsked)],
        names: &[("app-2 > app-3/site", C::VantageNotAsked)],
        ..SOUND
    },
    Entry {
        name: "private-endpoint-of-another-app",
        what: "the private endpoint's address belongs to app 2 by now, whose certificate is as good",
        does: |layout| layout.site("app-3 private").serves = Serves::Worker(WORKERS[1]),
        turns: &[
            ("allowed > app-3/site", R::WrongAgent),
            ("app-2 other peer > app-3/site", R::NoTargetWitness),
        ],
        ..SOUND
    },
    Entry {
        name: "private-endpoint-of-a-stranger",
        what: "the private endpoint's address belongs to a stranger by now, whose certificate is as good",
        does: |layout| layout.site("app-3 private").serves = Serves::Status(200, "hello"),
        turns: &[
            ("allowed > app-3/site", R::WrongAnswer),
            ("app-2 other peer > app-3/site", R::NoTargetWitness),
        ],
        ..SOUND
    },
];

fn cached(site: &mut crate::topology::Site) {
    let directives = [
        "proxy_cache answers;",
        "proxy_cache_valid 200 1m;",
        "proxy_cache_key $host$uri;",
        "proxy_ignore_headers Cache-Control Expires Vary;",
    ];
    site.location.extend(directives.map(str::to_owned));
}
