//! What the tests share: peers that misbehave on purpose, and the programs under test.
