//! The house rules that a program can check, checked: rooms, doors, names, lengths, the root, documents, and what must not
//! leak.
//!
//! Each check is a pure function from text to complaints, tested on small bad samples of its own; here they are all
//! let loose on the files that git tracks. What clippy can check (length and nesting of functions, arguments, missing
//! docs) is left to clippy.

mod comments;
mod crates;
mod doors;
mod files;
mod leaks;
mod links;
mod names;
mod product;
mod profile;
mod rooms;
mod root;
mod sentences;
mod tree;

/// Fails with every complaint at once.
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn source_files_are_short() {
    let tree = tree::Tree::read();
    let sources = tree.sources().filter(|file| !tree.is_test_only(&file.path));
    assert_none(&sources.filter_map(|file| files::too_long(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn source_files_open_with_what_they_are_for() {
    let tree = tree::Tree::read();
    let rust = tree.rust();
    assert_none(
        &rust.filter_map(|file| files::opens_without_docs(&file.path, &file.text)).collect::<Vec<_>>(),
    );
}

#[test]
fn comments_are_no_wider_than_a_screen() {
    let tree = tree::Tree::read();
    assert_none(&tree.rust().flat_map(|file| comments::too_wide(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn documents_are_in_short_sentences() {
    let tree = tree::Tree::read();
    let documents = tree.documents();
    assert_none(
        &documents.filter_map(|file| sentences::too_long(&file.path, &file.text)).collect::<Vec<_>>(),
    );
}

#[test]
fn links_lead_somewhere() {
    assert_none(&links::complaints(&tree::Tree::read().files));
}

#[test]
fn rooms_import_only_rooms_upstream() {
    let tree = tree::Tree::read();
    let sources = tree.sources().filter(|file| !tree.is_test_only(&file.path));
    assert_none(&sources.flat_map(|file| rooms::climbs(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn only_the_rooms_that_touch_the_network_are_async_or_know_the_agent() {
    let tree = tree::Tree::read();
    let sources = tree.sources().filter(|file| !tree.is_test_only(&file.path));
    assert_none(&sources.flat_map(|file| rooms::strays(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn a_rooms_mod_file_is_only_its_door() {
    let tree = tree::Tree::read();
    let doors = tree.sources().filter(|file| doors::is_door(&file.path));
    assert_none(&doors.flat_map(|file| doors::holds_work(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn names_are_words_of_the_product() {
    let tree = tree::Tree::read();
    let modules = tree.rust().filter_map(|file| names::banned_module(&file.path));
    let types = tree.rust().flat_map(|file| names::banned_types(&file.path, &file.text));
    assert_none(&modules.chain(types).collect::<Vec<_>>());
}

#[test]
fn the_visible_root_is_as_laid_out() {
    let tree = tree::Tree::read();
    let paths: Vec<&str> = tree.files.iter().map(|file| file.path.as_str()).collect();
    assert_none(&root::complaints(&paths));
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    let tree = tree::Tree::read();
    let files = tree.files.iter();
    assert_none(&files.flat_map(|file| leaks::complaints(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn what_is_shipped_is_stripped() {
    let tree = tree::Tree::read();
    let manifest = tree.files.iter().find(|file| file.path == "Cargo.toml").expect("the root's manifest");
    assert_none(&profile::complaints(&manifest.text));
}

#[test]
fn crates_depend_only_on_crates_upstream() {
    assert_none(&crates::complaints(&crates::metadata()));
}

#[test]
fn the_checks_have_something_to_check() {
    let tree = tree::Tree::read();
    assert!(tree.sources().count() > 20, "the sources were found");
    assert!(tree.files.iter().any(|file| file.path == "Cargo.lock"), "and so was everything else");
    assert!(tree.documents().count() > 4, "the documents among it");
    assert!(tree.is_test_only("runner/src/judge/truth.rs"), "test-only files are known as such");
    assert!(!tree.is_test_only("runner/src/judge/deny.rs"));
}
