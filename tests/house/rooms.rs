//! Which room may import which: only rooms upstream of it. And which rooms may be async, or know the agent.

use super::product::{code, words};

/// A crate with rooms.
struct House {
    folder: &'static str,
    /// Upstream first.
    rooms: &'static [&'static str],
    /// What its rooms may know and do, where not all may do everything.
    limits: Option<Limits>,
}

/// The rooms that may do what the others may not.
struct Limits {
    /// They may know the agent: they start one.
    know_the_agent: &'static [&'static str],
    /// They may be async.
    are_async: &'static [&'static str],
}

const HOUSES: [House; 3] = [
    House {
        folder: "agent/src/",
        rooms: &["clock", "call", "perform", "answer", "control", "serve", "cli"],
        limits: None,
    },
    House {
        folder: "runner/src/",
        rooms: &["scenario", "plan", "dispatch", "judge", "explain", "tally", "report", "cli"],
        limits: Some(Limits { know_the_agent: &["dispatch"], are_async: &["dispatch", "cli"] }),
    },
    House {
        folder: "runner/lab/src/",
        rooms: &[
            "edges",
            "score",
            "certificates",
            "names",
            "front_end",
            "topology",
            "layout",
            "breaks",
            "raise",
            "cli",
        ],
        limits: Some(Limits { know_the_agent: &["raise"], are_async: &["names", "front_end", "raise"] }),
    },
];

/// The house a file belongs to and its room, if it lies in one.
fn room_of(path: &str) -> Option<(&'static House, &str)> {
    let house = HOUSES.iter().find(|house| path.starts_with(house.folder))?;
    let inside = path.strip_prefix(house.folder)?;
    let room = inside.split_once('/').map_or(inside.trim_end_matches(".rs"), |(room, _)| room);
    (!matches!(room, "lib" | "main")).then_some((house, room))
}

/// Complains of every import of a room that is not upstream, and of a room that nobody planned.
pub(super) fn climbs(path: &str, text: &str) -> Vec<String> {
    let Some((house, room)) = room_of(path) else { return Vec::new() };
    let Some(place) = house.rooms.iter().position(|known| *known == room) else {
        return vec![format!("{path}: `{room}` is no room of `{}`", house.folder)];
    };
    let code = code(text);
    let mut complaints: Vec<String> = imported(&code)
        .into_iter()
        .filter(|name| house.rooms.contains(&name.as_str()))
        .filter(|name| house.rooms.iter().position(|known| known == name).is_some_and(|other| other > place))
        .map(|name| format!("{path}: `{room}` imports `{name}`, which is downstream of it"))
        .collect();
    if climbs_by_super(path, &code) {
        complaints.push(format!("{path}: leaves its room by `super`: name the room with `crate::`"));
    }
    complaints
}

/// Whether a file leaves its room by way of `super`, which would hide what it imports.
fn climbs_by_super(path: &str, code: &str) -> bool {
    let inside = path.split("/src/").nth(1).unwrap_or_default();
    let folders = inside.matches('/').count();
    // A door stands one level above the files beside it.
    let levels = if inside.ends_with("/mod.rs") { folders } else { folders + 1 };
    levels > 0 && code.contains(&"super::".repeat(levels))
}

/// The names that stand directly behind `crate::`, one by one or in braces.
fn imported(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (place, _) in code.match_indices("crate::") {
        let before = code.get(..place).and_then(|before| before.chars().next_back());
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = code.get(place + "crate::".len()..).unwrap_or_default().trim_start();
        match rest.strip_prefix('{') {
            Some(group) => names.extend(heads(group)),
            None => names.extend(words(rest).next().map(str::to_owned)),
        }
    }
    names
}

/// The first word of every branch of a group of imports, up to the brace that closes it.
fn heads(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut branch) = (0_usize, String::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => names.extend(words(&std::mem::take(&mut branch)).next().map(str::to_owned)),
            _ => branch.push(c),
        }
    }
    names.extend(words(&branch).next().map(str::to_owned));
    names
}

/// Complains of a room that is async, or knows the agent, and must not.
pub(super) fn strays(path: &str, text: &str) -> Vec<String> {
    let Some((house, room)) = room_of(path) else { return Vec::new() };
    let Some(limits) = &house.limits else { return Vec::new() };
    let code = code(text);
    let uses = |wanted: &[&str]| words(&code).find(|word| wanted.contains(word)).map(str::to_owned);
    let mut complaints = Vec::new();
    if !limits.know_the_agent.contains(&room) {
        let agent = uses(&["ringfence_agent"]);
        complaints.extend(agent.map(|word| format!("{path}: `{room}` must not know `{word}`")));
    }
    if !limits.are_async.contains(&room) {
        let found = uses(&["async", "await", "tokio", "tokio_util", "hyper", "hyper_util"]);
        complaints.extend(found.map(|word| format!("{path}: `{room}` must not be async: `{word}`")));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_of_a_room_downstream_is_complained_of() {
        for bad in [
            "use crate::report::json;",
            "use crate::{plan::Plan, report::{json, junit}};",
            "fn f() { crate::cli::main(); }",
            "pub use crate::tally;",
            "use super::super::report::json;",
        ] {
            assert_eq!(climbs("runner/src/judge/deny.rs", bad).len(), 1, "{bad}");
        }
        assert_eq!(climbs("agent/src/call/mod.rs", "use super::serve;").len(), 1);
        assert_eq!(climbs("runner/lab/src/score.rs", "use crate::breaks::Break;").len(), 1);
        for unplanned in ["runner/src/util/mod.rs", "runner/src/lab/mod.rs"] {
            assert_eq!(climbs(unplanned, "").len(), 1, "a room that nobody planned: {unplanned}");
        }
    }

    #[test]
    fn what_is_upstream_or_the_rooms_own_is_no_complaint() {
        for good in [
            "use crate::plan::Plan;\nuse super::verdict::Reason;",
            "use crate::{\n    plan::{Plan, report},\n    scenario,\n};",
            "//! [`crate::report`] draws it.\n// crate::report\n",
            "use ringfence_contract::report;",
            "#[cfg(test)]\nmod tests {\n    use crate::report::json;\n}\n",
        ] {
            assert_eq!(climbs("runner/src/judge/deny.rs", good), [""; 0], "{good}");
        }
        assert_eq!(climbs("runner/src/lib.rs", "use crate::cli;"), [""; 0]);
        assert_eq!(climbs("runner/src/judge/inner/deep.rs", "use super::super::verdict;"), [""; 0]);
    }

    #[test]
    fn a_pure_room_that_is_async_or_knows_the_agent_is_complained_of() {
        assert_eq!(strays("runner/src/judge/deny.rs", "async fn judge() {}").len(), 1);
        assert_eq!(strays("runner/src/report/json.rs", "use tokio::fs;").len(), 1);
        assert_eq!(strays("runner/src/cli/mod.rs", "use ringfence_agent::call;").len(), 1);
        assert_eq!(strays("runner/lab/src/score.rs", "async fn score() {}").len(), 1);
        assert_eq!(strays("runner/lab/src/raise.rs", "use ringfence_agent::serve; async fn f() {}"), [""; 0]);
        assert_eq!(
            strays("runner/src/dispatch/mod.rs", "use ringfence_agent::call; async fn f() {}"),
            [""; 0]
        );
        assert_eq!(strays("runner/src/cli/mod.rs", "async fn f() {}"), [""; 0]);
    }
}
