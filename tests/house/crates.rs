//! Which crate may depend on which: contract <- agent <- runner <- lab, and the tests on all.

use std::process::Command;

use serde_json::Value;

use super::tree::root;

/// A crate, and what it must not depend on outside its own tests.
const FORBIDDEN: [(&str, &[&str]); 4] = [
    (
        "ringfence-contract",
        &["tokio", "hyper", "ringfence-agent", "ringfence", "ringfence-lab", "ringfence-tests"],
    ),
    ("ringfence-agent", &["ringfence", "ringfence-lab", "ringfence-tests"]),
    // What only the lab needs is not shipped: it makes certificates, and serves sites and names.
    ("ringfence", &["ringfence-lab", "ringfence-tests", "rcgen", "hyper", "hickory-proto"]),
    ("ringfence-lab", &["ringfence-tests"]),
];

/// What cargo knows of the workspace's own crates.
pub(super) fn metadata() -> Value {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let asked = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let told = Command::new(cargo).args(asked).current_dir(root()).output().expect("cargo runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).expect("cargo writes JSON")
}

/// Complains of every dependency that points the wrong way.
pub(super) fn complaints(metadata: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, forbidden) in FORBIDDEN {
        let packages = metadata["packages"].as_array().into_iter().flatten();
        let Some(package) = packages.into_iter().find(|package| package["name"] == name) else {
            complaints.push(format!("{name}: is no crate of this workspace"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let product = dependencies.filter(|dependency| dependency["kind"] != "dev");
        let names = product.filter_map(|dependency| dependency["name"].as_str());
        let found = names.filter(|dependency| forbidden.contains(dependency));
        complaints.extend(found.map(|dependency| format!("{name}: must not depend on `{dependency}`")));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dependency_that_points_the_wrong_way_is_complained_of() {
        let workspace = |contract: Value| {
            let others = ["ringfence-agent", "ringfence", "ringfence-lab"];
            let mut packages = others.map(|name| json!({ "name": name, "dependencies": [] })).to_vec();
            packages.push(json!({ "name": "ringfence-contract", "dependencies": contract }));
            json!({ "packages": packages })
        };
        let bad = workspace(json!([{ "name": "tokio", "kind": null }, { "name": "serde", "kind": null }]));
        assert_eq!(complaints(&bad), ["ringfence-contract: must not depend on `tokio`"]);
        let tested = workspace(json!([{ "name": "tokio", "kind": "dev" }]));
        assert_eq!(complaints(&tested), [""; 0]);
        assert_eq!(complaints(&json!({ "packages": [] })).len(), FORBIDDEN.len());
    }
}
