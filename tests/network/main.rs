//! Real networks: agents in network namespaces, links that delay and lose, and what the runner makes of them.

mod link;
