//! What only a real network shows: two families, names with several addresses, lost SYNs, random loss, ten thousand edges,
//! hosts with two addresses, full queues, paths that swallow large packets, are slow or narrow. Real agents in namespaces, and
//! the real runner.

mod addresses;
mod captured;
mod families;
mod loss;
mod multihomed;
mod narrow_path;
mod overflow;
mod path_mtu;
mod ports;
mod slow_path;
