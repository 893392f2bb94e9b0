//! The pure rooms, each by itself. `cargo bench -p ringfence --bench rooms`.

mod fleet;

fn main() {}
