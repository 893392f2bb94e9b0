//! From what a call is ordered to go to, to the one socket address its packets go to: resolve, pick, ask the policy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ringfence_contract::address::{Address, Family, Host};
use ringfence_contract::call::{Call, Certificates, Destination, Route};
use ringfence_contract::outcome::{NotSentWhy, Outcome};

use super::means::{Asked, Means};
use super::not_sent::{broken, not_sent};
use super::resolve::{Question, resolve};
use super::search::Sought;
use super::trail::Trail;

/// What a call goes to.
#[derive(Debug)]
pub(super) struct Goal {
    pub(super) route: Route,
    pub(super) certificates: Certificates,
    pub(super) family: Family,
    pub(super) nth: u32,
    /// Whether it is the agent's own listener: no policy is asked, no source is set, as nothing leaves the machine.
    own: bool,
}

/// The way of a call's packets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// Where they go.
    pub(super) remote: SocketAddr,
    /// Where they come from, where that is not the system's choice.
    pub(super) source: Option<IpAddr>,
}

impl Goal {
    /// The goal of a call. `own` is the address of the agent's own listener.
    pub(super) fn of(call: &Call, own: Option<SocketAddr>) -> Result<Self, Outcome> {
        let (route, certificates, is_own) = match &call.to {
            Destination::Endpoint(route) => (route.clone(), call.certificates, false),
            Destination::OwnListener(address) => {
                (own_route(address, call.family, own)?, Certificates::Note, true)
            }
        };
        Ok(Self { route, certificates, family: call.family, nth: call.nth, own: is_own })
    }

    /// A goal that no call names: another agent's listener for orders.
    pub(super) fn listener(route: Route, family: Family) -> Self {
        Self { route, certificates: Certificates::Require, family, nth: 0, own: false }
    }
}

/// The route to the agent's own listener. A listener on all addresses is called on loopback.
fn own_route(behind: &Address, family: Family, own: Option<SocketAddr>) -> Result<Route, Outcome> {
    let transport = behind.transport;
    let none = |detail: String| not_sent(NotSentWhy::NoListener, detail);
    let own = own.ok_or_else(|| none(format!("this agent has no listener behind `{behind}`")))?;
    let ip = match (own.ip(), family) {
        // A listener on `::` takes IPv4 as well unless told otherwise.
        (IpAddr::V4(ip), Family::Ipv4) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        (IpAddr::V6(ip), Family::Ipv4) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        (IpAddr::V6(ip), Family::Ipv6) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        (ip, family) if Family::of(ip) == family => ip,
        (ip, family) => return Err(none(format!("the {transport} listener on `{ip}` takes no {family}"))),
    };
    let path = if transport.is_http() { "/" } else { "" };
    let (host, path) = (Host::Ip(ip), path.to_owned());
    let address = Address { transport, host, absolute: false, port: own.port(), path };
    Ok(address.into())
}

/// Finds the one address, and asks the policy about it before anything is sent there.
pub(super) async fn aim(
    means: &Means,
    goal: &Goal,
    limit: Duration,
    trail: &mut Trail,
) -> Result<Way, Outcome> {
    let Address { transport, host, port, absolute, .. } = &goal.route.address;
    let address = match (goal.route.connect, host) {
        (Some(given), _) => in_family(given, goal.family)?,
        (None, Host::Ip(literal)) => in_family(*literal, goal.family)?,
        (None, Host::Name(name)) => {
            let sought = Sought { name, absolute: *absolute, family: goal.family };
            let question = Question { sought, limit };
            // Most calls go to an address: they do not carry the room that this takes.
            let found = Box::pin(resolve(means, question, trail)).await?;
            let picked = pick(&found, goal.nth);
            let picked = picked.ok_or_else(|| broken(format!("there is no address for `{name}`")))?;
            in_family(picked, goal.family)?
        }
    };
    let remote = SocketAddr::new(address, *port);
    trail.remote = Some(remote);
    if goal.own {
        return Ok(Way { remote, source: None });
    }
    let given = goal.route.connect.is_some();
    let asked = Asked { host, address, port: *port, transport: *transport, given };
    means.admit(&asked).map_err(|detail| not_sent(NotSentWhy::NotAllowed, detail))?;
    Ok(Way { remote, source: means.source(goal.family) })
}

/// The address, if it is of the family. A v4-mapped address is the IPv4 address it maps: packets to it are IPv4's.
fn in_family(address: IpAddr, family: Family) -> Result<IpAddr, Outcome> {
    let address = address.to_canonical();
    if Family::of(address) == family {
        return Ok(address);
    }
    let detail = format!("the address `{address}` is not {family}, and the call is to be made in {family}");
    Err(not_sent(NotSentWhy::NoFamily, detail))
}

fn pick(found: &[IpAddr], nth: u32) -> Option<IpAddr> {
    let nth = usize::try_from(nth).unwrap_or(usize::MAX);
    found.get(nth.checked_rem(found.len())?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(text: &str) -> Address {
        text.parse().expect("an address")
    }

    #[test]
    fn the_nth_address_goes_round() {
        let found: Vec<IpAddr> =
            ["10.0.0.1", "10.0.0.2"].iter().map(|ip| ip.parse().expect("an address")).collect();
        let picked: Vec<_> = (0..4).map(|nth| pick(&found, nth)).collect();
        assert_eq!(picked, [Some(found[0]), Some(found[1]), Some(found[0]), Some(found[1])]);
        assert_eq!(pick(&[], 0), None);
    }

    #[test]
    fn a_v4_mapped_address_is_the_ipv4_address_it_maps() {
        let mapped: IpAddr = "::ffff:10.0.0.4".parse().expect("an address");
        assert_eq!(in_family(mapped, Family::Ipv4).ok(), "10.0.0.4".parse().ok());
        assert!(in_family(mapped, Family::Ipv6).is_err());
    }

    #[test]
    fn an_own_listener_on_all_addresses_is_called_on_loopback() {
        for (own, family, called) in [
            ("0.0.0.0:80", Family::Ipv4, Some("127.0.0.1")),
            ("[::]:80", Family::Ipv4, Some("127.0.0.1")),
            ("[::]:80", Family::Ipv6, Some("::1")),
            ("127.0.0.9:80", Family::Ipv4, Some("127.0.0.9")),
            ("0.0.0.0:80", Family::Ipv6, None),
            ("127.0.0.9:80", Family::Ipv6, None),
        ] {
            let route = own_route(&behind("http://own.test"), family, own.parse().ok());
            let host = route.ok().map(|route| route.address.host);
            assert_eq!(host, called.map(|ip| Host::Ip(ip.parse().expect("an address"))), "{own} {family}");
        }
        assert!(own_route(&behind("udp://own.test:1"), Family::Ipv4, None).is_err());
    }
}
