//! What is shipped for a VM says one thing in all its files.

fn settings(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn cloud_init_writes_the_same_unit_as_the_one_beside_it() {
    let unit = settings(include_str!("../../deploy/vm/ringfence-agent.service"));
    let whole = settings(include_str!("../../deploy/vm/cloud-init.yaml"));
    assert!(unit.len() > 30, "{unit:?}");
    assert!(whole.windows(unit.len()).any(|part| part == unit), "the units differ");
}

#[test]
fn every_variable_of_the_example_is_one_the_program_reads() {
    let example = include_str!("../../deploy/vm/agent.env.example");
    let names = example.lines().filter_map(|line| line.trim_start_matches('#').split_once('='));
    let names: Vec<&str> =
        names.map(|(name, _)| name).filter(|name| name.starts_with("RINGFENCE_")).collect();
    assert!(names.len() > 5, "{names:?}");
    let args = include_str!("../../src/cli/args.rs");
    for name in names {
        assert!(args.contains(&format!("\"{name}\"")), "{name}");
    }
}
