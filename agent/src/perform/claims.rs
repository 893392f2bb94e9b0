//! Which targets are being measured: each by one measurement at a time, so that none measures another's load.
//!
//! This file must not know how anything is measured.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringfence_contract::address::Address;

use super::over_limit::OverLimit;

/// The most measurements under way at once. Each has a thread of its own.
pub const MEASUREMENTS_AT_ONCE: usize = 16;

/// The targets being measured.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims(Arc<Mutex<HashSet<Address>>>);

/// A target that is being measured, until this is dropped.
#[derive(Debug)]
pub struct Claim {
    claims: Claims,
    target: Address,
}

impl Claims {
    /// Claims a target for one measurement. Paths of one listener are one target.
    pub(super) fn claim(&self, address: &Address) -> Result<Claim, OverLimit> {
        let target = Address { path: String::new(), ..address.clone() };
        let mut held = self.held();
        if held.len() >= MEASUREMENTS_AT_ONCE {
            return Err(OverLimit::Measurements);
        }
        if !held.insert(target.clone()) {
            return Err(OverLimit::Claimed(target));
        }
        Ok(Claim { claims: self.clone(), target })
    }

    fn held(&self) -> MutexGuard<'_, HashSet<Address>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.held().remove(&self.target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().expect("an address")
    }

    #[test]
    fn a_target_is_measured_by_one_at_a_time() {
        let claims = Claims::default();
        let one = claims.claim(&address("http://app.test/a")).expect("nobody measures it");
        let other = claims.claim(&address("http://app.test:81/a")).expect("another port is another target");
        let refused = claims.claim(&address("http://app.test/b")).expect_err("it is being measured");
        assert!(refused.to_string().contains("`http://app.test"), "{refused}");
        drop((one, other));
        assert!(claims.claim(&address("http://app.test/b")).is_ok());
    }

    #[test]
    fn there_is_an_end_to_how_many_measure_at_once() {
        let claims = Claims::default();
        let each = |port: usize| claims.claim(&address(&format!("tcp://10.0.0.1:{}", port + 1)));
        let held: Vec<Claim> = (0..MEASUREMENTS_AT_ONCE).map(|port| each(port).expect("room")).collect();
        assert_eq!(each(MEASUREMENTS_AT_ONCE).expect_err("no room"), OverLimit::Measurements);
        drop(held);
        assert!(each(0).is_ok());
    }
}
