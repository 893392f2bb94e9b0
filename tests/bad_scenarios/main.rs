//! bad_scenarios
