//! A room's `mod.rs` is its door: docs, `mod` lines, re-exports, and at most what the room exists for.

use super::product::code;

/// The most functions a door holds: the one the room exists for, and a twin where it exists for two.
const FUNCTIONS_MAX: usize = 2;

/// Whether a file is a room's door: a folder inside a room has none.
pub(super) fn is_door(path: &str) -> bool {
    let inside = path.split_once("/src/").map(|(_, inside)| inside);
    inside.and_then(|inside| inside.strip_suffix("/mod.rs")).is_some_and(|room| !room.contains('/'))
}

/// Complains of work in a door: a function that is not public, or too many that are, or methods.
pub(super) fn holds_work(path: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let top = |line: &&str| !line.starts_with([' ', '\t', '}', '#']);
    let lines: Vec<&str> = code.lines().filter(top).collect();
    let functions: Vec<&&str> = lines.iter().filter(|line| is_function(line)).collect();
    let mut complaints = Vec::new();
    if let Some(private) = functions.iter().find(|line| !line.starts_with("pub ")) {
        complaints.push(format!("{path}: a door holds no work of its own: `{private}`"));
    }
    if functions.len() > FUNCTIONS_MAX {
        complaints.push(format!(
            "{path}: {} functions in a door, at most {FUNCTIONS_MAX} are allowed",
            functions.len()
        ));
    }
    if let Some(method) = lines.iter().find(|line| line.starts_with("impl")) {
        complaints.push(format!("{path}: a door holds no methods: `{method}`"));
    }
    complaints
}

fn is_function(line: &str) -> bool {
    let before = line.split('(').next().unwrap_or_default();
    let visible = before.strip_prefix("pub").unwrap_or(before).trim_start();
    // `pub(crate) fn` is cut at its own bracket.
    line.starts_with("pub(") && line.contains(" fn ")
        || ["fn ", "async fn ", "const fn "].iter().any(|word| visible.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_in_a_door_is_complained_of() {
        let many = "pub fn a() {}\npub fn b() {}\npub async fn c() {}\n";
        for bad in
            ["fn helper() {\n}\n", "pub(crate) fn half_open() {}\n", many, "impl Plan {\n    fn f() {}\n}\n"]
        {
            assert_eq!(holds_work("runner/src/plan/mod.rs", bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_folder_inside_a_room_has_no_door() {
        assert!(is_door("runner/src/plan/mod.rs"));
        assert!(!is_door("runner/src/dispatch/route/mod.rs") && !is_door("runner/src/plan/model.rs"));
    }

    #[test]
    fn a_door_is_docs_lines_and_the_one_function() {
        let door = "//! Plan.\nmod model;\n#[cfg(test)]\nmod tests;\npub use model::Plan;\n\n/// Expands.\n#[must_use]\n\
                    pub fn expand() -> Plan {\n    fn_like()\n}\n";
        assert_eq!(holds_work("runner/src/plan/mod.rs", door), [""; 0]);
    }
}
