//! Access restrictions of sites that are not what they should be.

use ringfence::judge::Reason as R;

use super::{Entry, SOUND};
use crate::topology::{Serves, WORKERS};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "restrictions-removed",
        what: "the last restriction of app 1's site was removed, and so everybody is let in",
        does: |layout| layout.site("app-1").open(),
        turns: &[("denied > app-1/site app-1/post app-1/path", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "default-action-open",
        what: "app 1's site has its restrictions, and callers that none of them names are allowed",
        does: |layout| layout.site("app-1").otherwise = "allow all",
        turns: &[("denied > app-1/site app-1/post app-1/path", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "wrong-subnet",
        what: "app 2 admits its own subnet where it should admit app 1's",
        does: |layout| layout.site("app-2").restrictions = allow(&["10.0.2.0/24", "10.0.0.0/24"]),
        turns: &[("app-1 > app-2/site", R::Blocked)],
        ..SOUND
    },
    Entry {
        name: "too-wide",
        what: "app 2 admits the whole virtual network",
        does: |layout| layout.site("app-2").admit("10.0.0.0/16"),
        turns: &[("app-3 other > app-2/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "one-bit-too-wide",
        what: "app 2 admits 10.0.8.0/23, which holds one subnet too many",
        does: |layout| layout.site("app-2").admit("10.0.8.0/23"),
        turns: &[("other > app-2/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "allow-before-deny",
        what: "the broad rule of app 2 has the lower priority number, and so the refusals after it are never looked at",
        does: |layout| {
            let rules = ["allow 10.0.0.0/16", "deny 10.0.9.0/24", "deny 10.0.4.0/24", "deny all"];
            layout.site("app-2").restrictions = rules.map(str::to_owned).to_vec();
        },
        turns: &[("app-3 other > app-2/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "equal-priorities",
        what: "two rules of app 2 have one priority, and after a deployment the refusal stands first",
        does: |layout| layout.site("app-2").restrictions.insert(0, "deny 10.0.0.0/16".to_owned()),
        turns: &[("allowed > app-2/site", R::Blocked)],
        ..SOUND
    },
    Entry {
        name: "peered-network-admitted",
        what: "app 1 admits the peered network",
        does: |layout| layout.site("app-1").admit("10.1.0.0/16"),
        turns: &[("peer > app-1/site app-1/post app-1/path ipv4", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "office-address-admitted",
        what: "app 2 still admits the public network from which it was set up",
        does: |layout| layout.site("app-2").admit("203.0.113.0/24"),
        turns: &[("internet > app-2/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "ipv6-open",
        what: "app 1 refuses all of 0.0.0.0/0, and allows what no rule names: all of IPv6",
        does: |layout| {
            let site = layout.site("app-1");
            site.restrictions.push("deny 0.0.0.0/0".to_owned());
            site.otherwise = "allow all";
        },
        turns: &[("denied > app-1/site ipv6", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "ipv6-forgotten",
        what: "app 1 admits its callers' IPv4 networks only",
        does: |layout| layout.site("app-1").restrictions = allow(&["10.0.0.0/24", "10.0.2.0/24"]),
        turns: &[("allowed > app-1/site ipv6", R::Blocked)],
        ..SOUND
    },
    Entry {
        name: "one-method-open",
        what: "the restrictions of app 1 hold for every method but POST",
        does: |layout| {
            let site = layout.site("app-1");
            let rules: Vec<String> = site.restrictions.drain(..).map(|rule| rule + "; ").collect();
            site.location.push(format!("limit_except POST {{ {}deny all; }}", rules.concat()));
            site.otherwise = "allow all";
        },
        turns: &[("denied > app-1/post", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "one-path-open",
        what: "everything below /api/ of app 1 is exempt from its restrictions",
        does: |layout| {
            let pass = "proxy_set_header CLIENT-IP $caller; proxy_pass http://10.200.0.11:8080;";
            layout.site("app-1").locations.push(format!("location /api/ {{ {pass} }}"));
        },
        turns: &[("denied > app-1/path", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "restricted-by-the-app",
        what: "the front end lets everybody in to app 1, and the app itself says 404 to whom it does not like",
        does: |layout| {
            let site = layout.site("app-1");
            site.refusal = Serves::Status(404, "404 Not Found");
            site.names_caller = false;
        },
        turns: &[("denied > app-1/site app-1/post app-1/path", R::PathOpen)],
        ..SOUND
    },
    Entry {
        name: "refusal-unsigned",
        what: "app 1 refuses with a 403 of nobody's: a denial all the same, since its certificate shows who says it",
        does: |layout| layout.site("app-1").names_caller = false,
        turns: &[("denied > app-1/site app-1/post app-1/path", R::DeniedWitnessed)],
        ..SOUND
    },
    Entry {
        name: "forwarded-for-believed",
        what: "the front end takes the address of app 2's callers from a header that callers write themselves",
        does: |layout| {
            let believe =
                ["set_real_ip_from 0.0.0.0/0;", "set_real_ip_from ::/0;", "real_ip_header X-Forwarded-For;"];
            layout.site("app-2").server.extend(believe.map(str::to_owned));
        },
        turns: &[("denied > app-2/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "one-node-open",
        what: "one of two nodes behind app 1's administration port has not taken up its restrictions",
        does: |layout| {
            let mut open = layout.site("app-1 admin").clone();
            open.doors = vec!["198.51.100.10:8444 ssl".to_owned()];
            open.open();
            layout.sites.push(open);
            // One counter a caller: its first call meets the closed node, its second the open one, and so on.
            let callers = ["10.0.1.4", "10.0.2.4", "10.0.4.4", "10.0.9.4", "10.1.0.4", "203.0.113.9"];
            let node = "redirect to :numgen inc mod 2 map { 0 : 8443, 1 : 8444 }";
            let rules = callers.map(|caller| format!("ip saddr {caller} tcp dport 8443 {node}"));
            layout.nft(super::Place::Front, "nat hook prerouting priority -100", &rules.join("; "));
        },
        turns: &[("denied > app-1/admin", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "one-address-open",
        what: "app 2's name has two addresses, and the front end behind the second refuses nobody",
        does: |layout| {
            let mut open = layout.site("app-2").clone();
            open.doors = vec!["198.51.100.11:443 ssl".to_owned()];
            open.open();
            layout.sites.push(open);
            layout.ip(super::Place::Front, "address add 198.51.100.11/24 dev eth0");
            layout.forward.push("ip daddr 198.51.100.11 tcp dport 443 accept".to_owned());
            let both = "host-record=app-2.azurewebsites.test,198.51.100.11";
            layout.private_names.push(both.to_owned());
            layout.public_names.push(both.to_owned());
        },
        turns: &[("denied > app-2/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "private-endpoint-public-side-open",
        what: "app 3 has its private endpoint, and public access was left on",
        does: |layout| layout.site("app-3").open(),
        turns: &[("internet > app-3/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "rule-on-the-wrong-side",
        what: "app 1's site is open, and a security group on the subnet it calls from is taken for its protection",
        does: |layout| {
            layout.site("app-1").open();
            layout.first("ct state new ip daddr 10.0.1.0/24 drop");
        },
        turns: &[("denied > app-1/site app-1/post app-1/path", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "another-app-behind-the-site",
        what: "app 2's site passes its requests to app 1's worker",
        does: |layout| layout.site("app-2").serves = Serves::Worker(WORKERS[0]),
        turns: &[("allowed > app-2/site", R::WrongAgent)],
        ..SOUND
    },
];

fn allow(networks: &[&str]) -> Vec<String> {
    networks.iter().map(|network| format!("allow {network}")).collect()
}
