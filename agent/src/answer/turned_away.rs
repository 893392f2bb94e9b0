//! Connections that the system turned away before this program could accept them: each may have been a call, and left no
//! receipt.
//!
//! This file must not know who listens on what: the system counts for all listeners of a network namespace together.

/// Where Linux keeps the counters of the network namespace that this thread is in (proc(5), `/proc/pid/net`).
const COUNTERS: &str = "/proc/thread-self/net/netstat";

/// SYNs that reached a listener and were dropped there: its queue was full (`ListenOverflows`, which is part of this), or
/// no answer could be made (`LINUX_MIB_LISTENDROPS` in Linux's `net/ipv4/proc.c`).
const NAME: &str = "ListenDrops";

/// How many there were since the namespace was made; `None` where the system does not say.
pub(super) fn turned_away() -> Option<u64> {
    read(&std::fs::read_to_string(COUNTERS).ok()?)
}

/// A line of names, and below it a line of values.
fn read(counters: &str) -> Option<u64> {
    let mut lines = counters.lines().filter_map(|line| line.strip_prefix("TcpExt: "));
    let (names, values) = (lines.next()?, lines.next()?);
    let (_, value) = names.split(' ').zip(values.split(' ')).find(|(name, _)| *name == NAME)?;
    value.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_below_the_name_is_read() {
        let counters = "TcpExt: SyncookiesSent ListenOverflows ListenDrops TW\nTcpExt: 1 2 3 4\n\
                        IpExt: InNoRoutes ListenDrops\nIpExt: 5 6\n";
        assert_eq!(read(counters), Some(3));
        for absent in
            ["", "TcpExt: ListenDrops\n", "TcpExt: TW\nTcpExt: 4\n", "TcpExt: ListenDrops\nTcpExt: x\n"]
        {
            assert_eq!(read(absent), None, "{absent}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_says() {
        assert!(turned_away().is_some());
    }
}
