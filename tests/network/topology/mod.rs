//! A private network on this machine's own kernel, whole or broken in one place: real routers, a real front end, real
//! resolvers, the real programs. Needs root, `ip`, `nft`, `nginx` and `dnsmasq`.
//!
//! ```text
//!   test-vm 10.0.0.4 ──┐                                  ┌── internet 203.0.113.9, the runner itself
//!   app-1   10.0.1.4 ──┤                                  │
//!   app-2   10.0.2.4 ──┼── fabric: routes, NSGs, the two ─┤
//!   app-3   10.0.4.4 ──┤   resolvers; default drop        │
//!   other   10.0.9.4 ──┤                                  └── front 198.51.100.10: nginx, in front of the apps'
//!   peer    10.1.0.4 ──┘                                      workers, 10.200.0.11 to .13; and of 10.0.3.4, app 3's
//!                                                             private endpoint
//! ```
//!
//! Each place is a network namespace, dual-stack (`2001:db8:10:N::4`, `2001:db8:113::9`, `2001:db8:51::10`), and leaves
//! by its own subnet. An app has two more legs: its worker's, which only the front end reaches, and a management one,
//! which only the runner reaches, so that an app can be asked what it saw even when its site is down.
//!
//! [`Layout`] is the network as data, sound at first; a [`Change`] makes it another; [`Topology`] raises it and verifies
//! it against `scenario.yaml`.

mod front;
mod layout;
mod names;
mod network;
mod process;
mod raise;
mod sites;

pub use layout::{Act, Agent, Change, Layout, Place, Setup};
pub use network::{Run, Topology};
pub use process::Process;
pub use sites::{Certificate, Serves, Site, WORKERS};
