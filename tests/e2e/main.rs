//! Calls against real peers, most of which misbehave on purpose.

mod handshakes;
mod heads;
mod http2;
mod icmp;
mod kept;
mod openssl;
mod outcomes;
mod posting;
mod resolving;
mod vantage;
