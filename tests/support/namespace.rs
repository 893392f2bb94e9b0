//! Network namespaces that a test makes for itself and that are gone when it is done: things run inside, programs start
//! inside, and `ip` and `nft` set them up. Needs root, `ip` (iproute2) and, for rules, `nft`. It knows nothing of what
//! the networks are for.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, netlink, recv, socket_with};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

static NAMESPACES: AtomicU32 = AtomicU32::new(0);

/// Far longer than an IPv6 address takes until it can be reached.
const SETTLED: Duration = Duration::from_secs(20);

/// A network namespace with nothing in it but a loopback interface that is down. It is deleted when this is dropped.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes one. Its name holds the label, and is used by no other test on this machine.
    ///
    /// # Panics
    ///
    /// When it cannot be made: without root, without `ip`, without namespaces.
    #[must_use]
    pub fn new(label: &str) -> Self {
        let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
        let name = format!("ringfence-{}-{number}-{label}", std::process::id());
        ip(&format!("netns add {name}"));
        Self { name }
    }

    /// Its name, as `ip netns` knows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs lines of `ip` inside, in one process: `address add 10.0.0.1/24 dev eth0`, without the `ip`. When they are done,
    /// every address that was given inside can be reached.
    ///
    /// # Panics
    ///
    /// When one of them fails.
    pub fn ip(&self, batch: &str) {
        let mut ip = Command::new("ip");
        feed(ip.args(["-netns", &self.name, "-batch", "-"]), batch);
        self.inside(settle);
    }

    /// Loads rules of `nft` inside.
    ///
    /// # Panics
    ///
    /// When they are no good.
    pub fn nft(&self, rules: &str) {
        feed(self.command("nft").args(["-f", "-"]), &format!("{rules}\n"));
    }

    /// Writes a switch below `/proc/sys/net` inside: `ipv4/ip_forward`, `1`.
    ///
    /// # Panics
    ///
    /// When there is no such switch.
    pub fn sysctl(&self, switch: &str, value: &str) {
        let written = self.inside(|| std::fs::write(format!("/proc/sys/net/{switch}"), value));
        written.unwrap_or_else(|error| panic!("/proc/sys/net/{switch}: {error}"));
    }

    /// A program that is about to be started inside. The process is the program's own, so that ending it ends the program.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// Runs something inside, on a thread and a runtime of its own.
    ///
    /// # Panics
    ///
    /// When the namespace cannot be entered, or what is run panics.
    pub fn run<T: Send>(&self, work: impl AsyncFnOnce() -> T + Send) -> T {
        self.inside(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(work())
        })
    }

    /// Runs something that does not wait inside, on a thread of its own. What it opens stays inside.
    ///
    /// # Panics
    ///
    /// When the namespace cannot be entered, or what is run panics.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(format!("/run/netns/{}", self.name)).expect("a namespace");
        let there = || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                .expect("a namespace that can be entered");
            work()
        };
        std::thread::scope(|scope| scope.spawn(there).join()).expect("no panic inside")
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // If it cannot be deleted, the machine keeps an empty namespace: no reason to hide what the test said.
        drop(Command::new("ip").args(["netns", "delete", &self.name]).output());
    }
}

/// Runs lines of `ip` where this process is, in one process: what spans namespaces, such as `link add … netns … peer …`.
///
/// # Panics
///
/// When one of them fails.
pub fn ip(batch: &str) {
    feed(Command::new("ip").args(["-batch", "-"]), batch);
}

/// Waits until every IPv6 address that was given to this namespace has the route by which packets to it are taken in.
/// Linux adds that route a moment after it said that the address is added, also without duplicate address detection, and
/// loses what comes until then.
fn settle() {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/thread-self/net/{file}"));
    let changes = route_changes().expect("a socket that hears of routes");
    loop {
        // Without IPv6 there is no such file.
        let addresses = read("if_inet6").unwrap_or_default();
        let routes = read("ipv6_route").unwrap_or_default();
        let taken_in: HashSet<&str> = routes.lines().filter_map(taken_in).collect();
        let mut addresses = addresses.lines().filter_map(given);
        let Some(address) = addresses.find(|address| !taken_in.contains(address)) else { return };
        // What changed is read above; that a message was too long, or that some were lost, changes nothing about that.
        match recv(&changes, &mut [0; 4096], RecvFlags::empty()) {
            Ok(_) | Err(Errno::NOBUFS) => {}
            Err(error) => panic!("nothing takes in packets to {address}: {error}\n{routes}"),
        }
    }
}

/// A socket that hears of every change of this namespace's IPv6 routes from now on, and gives up in the end.
fn route_changes() -> Result<OwnedFd, Errno> {
    // RTMGRP_IPV6_ROUTE of linux/rtnetlink.h.
    const IPV6_ROUTES: u32 = 0x400;
    // Protocol 0 is NETLINK_ROUTE.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(SETTLED))?;
    bind(&socket, &netlink::SocketAddrNetlink::new(0, IPV6_ROUTES))?;
    Ok(socket)
}

/// The address in this line of `/proc/net/if_inet6`, unless it is one that the kernel makes by itself for a link.
fn given(line: &str) -> Option<&str> {
    // IPV6_ADDR_LINKLOCAL of net/ipv6.h.
    const LINK: &str = "20";
    let mut fields = line.split_whitespace();
    let address = fields.next()?;
    (fields.nth(2)? != LINK).then_some(address)
}

/// The address to which packets are taken in by this line of `/proc/net/ipv6_route`: 32 hexadecimal digits, as in
/// `/proc/net/if_inet6`.
fn taken_in(route: &str) -> Option<&str> {
    // RTF_LOCAL of linux/ipv6_route.h.
    const LOCAL: u32 = 0x8000_0000;
    let mut fields = route.split_whitespace();
    let destination = fields.next()?;
    let flags = u32::from_str_radix(fields.nth(7)?, 16).ok()?;
    (flags & LOCAL != 0).then_some(destination)
}

/// Runs a program with this on its standard input.
fn feed(command: &mut Command, text: &str) {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut input = child.stdin.take().expect("standard input is piped");
    // A program that ends early says why on standard error.
    drop(input.write_all(text.as_bytes()));
    drop(input);
    let output = child.wait_with_output().expect("the program ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}, given:\n{text}");
}
