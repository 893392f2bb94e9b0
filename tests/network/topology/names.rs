//! What names lead to: inside the virtual network, and outside it. It must not know who asks.

use std::fmt::Write;
use std::path::Path;

/// The records both resolvers have.
const SITES: [&str; 6] = [
    "host-record=app-1.azurewebsites.test,198.51.100.10,2001:db8:51::10",
    "host-record=app-1.scm.azurewebsites.test,198.51.100.10,2001:db8:51::10",
    "host-record=app-1-staging.azurewebsites.test,198.51.100.10,2001:db8:51::10",
    "host-record=app-2.azurewebsites.test,198.51.100.10,2001:db8:51::10",
    "host-record=app-2.scm.azurewebsites.test,198.51.100.10,2001:db8:51::10",
    "host-record=beacon.azurewebsites.test,198.51.100.10,2001:db8:51::10",
];

/// The public name of app 3 leads to its name in the private zone on both sides; only what that one leads to differs.
const CHAIN: &str = "cname=app-3.azurewebsites.test,app-3.privatelink.azurewebsites.test";

fn names(linked: &str) -> Vec<String> {
    let own = [CHAIN, linked];
    SITES.iter().chain(&own).map(ToString::to_string).collect()
}

/// The records inside: the private zone is linked.
pub(super) fn private_names() -> Vec<String> {
    names("host-record=app-3.privatelink.azurewebsites.test,10.0.3.4")
}

/// The records outside: the chain goes on to the front end.
pub(super) fn public_names() -> Vec<String> {
    names("host-record=app-3.privatelink.azurewebsites.test,198.51.100.10,2001:db8:51::10")
}

/// A resolver's settings, as `dnsmasq` reads them. What it has no record of does not exist.
pub(super) fn settings(address: &str, records: &[String], folder: &Path) -> String {
    let mut text = format!(
        "listen-address={address}\nbind-interfaces\nport=53\nno-resolv\nno-hosts\nno-ping\nuser=root\ngroup=root\n\
         pid-file={}/dnsmasq-{address}.pid\nlog-facility=-\nkeep-in-foreground\nlocal=/test/\nlocal-ttl=0\n",
        folder.display()
    );
    for record in records {
        writeln!(text, "{record}").expect("text can be appended to text");
    }
    text
}
