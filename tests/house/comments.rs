//! How wide a comment may be. The formatter leaves comments alone, so nothing else holds them to a width.

/// The most columns of a line that is a comment.
const COLUMNS_MAX: usize = 128;

/// Files with wider comments than that, from before there was a limit. Whoever wraps the last one of a file strikes the file.
const WIDE: [&str; 38] = [
    "agent/contract/src/call.rs",
    "agent/contract/src/download.rs",
    "agent/contract/src/histogram.rs",
    "agent/contract/src/sample.rs",
    "agent/src/answer/called.rs",
    "agent/src/call/forged.rs",
    "agent/src/call/place.rs",
    "agent/src/call/resolv_conf.rs",
    "agent/src/clock/mod.rs",
    "agent/src/clock/order.rs",
    "agent/src/clock/reader.rs",
    "agent/src/clock/stamped.rs",
    "runner/src/cli/screen.rs",
    "runner/src/dispatch/place.rs",
    "runner/src/dispatch/second_look.rs",
    "runner/src/dispatch/witnesses.rs",
    "runner/src/explain/settings.rs",
    "runner/src/judge/allow.rs",
    "runner/src/judge/bounds_tests.rs",
    "runner/src/judge/case.rs",
    "runner/src/judge/platform.rs",
    "runner/src/judge/sample_run.rs",
    "runner/src/judge/seen.rs",
    "runner/src/judge/senders.rs",
    "runner/src/judge/shift.rs",
    "runner/src/judge/throughputs.rs",
    "runner/src/lib.rs",
    "runner/src/plan/measures.rs",
    "runner/src/plan/mod.rs",
    "runner/src/plan/model.rs",
    "runner/src/tally/mod.rs",
    "runner/src/tally/read.rs",
    "runner/src/tally/record.rs",
    "tests/cases/kinds/forged.rs",
    "tests/compare/curl.rs",
    "tests/network/flows.rs",
    "tests/network/flows/captured.rs",
    "tests/network/flows/ports.rs",
];

/// Complains of every comment that is too wide, and of a file that is excused and need not be.
pub(super) fn too_wide(path: &str, text: &str) -> Vec<String> {
    let wide: Vec<String> = wide_lines(text)
        .map(|(line, columns)| {
            format!("{path}:{line}: a comment of {columns} columns, at most {COLUMNS_MAX} are allowed")
        })
        .collect();
    match (WIDE.contains(&path), wide.is_empty()) {
        (false, _) => wide,
        (true, true) => vec![format!("{path}: has no wide comment any more: strike it from `WIDE`")],
        (true, false) => Vec::new(),
    }
}

/// The wide comments of a file: which line, and how many columns.
fn wide_lines(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let lines = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("//"));
    let widths = lines.map(|(place, line)| (place + 1, line.chars().count()));
    widths.filter(|(_, columns)| *columns > COLUMNS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_comment_is_complained_of() {
        for mark in ["//", "///", "//!", "    //"] {
            let fits = format!("{mark:x<COLUMNS_MAX$}\n");
            assert_eq!(too_wide("a.rs", &fits), [""; 0], "{mark}");
            let wide = format!("fn f() {{}}\n{mark:é<0$}\n", COLUMNS_MAX + 1);
            let said = [format!("a.rs:2: a comment of 129 columns, at most {COLUMNS_MAX} are allowed")];
            assert_eq!(too_wide("a.rs", &wide), said, "{mark}");
        }
        assert_eq!(too_wide("a.rs", &"x".repeat(COLUMNS_MAX + 1)), [""; 0], "code is the formatter's");
    }

    #[test]
    fn a_file_is_excused_only_as_long_as_it_needs_to_be() {
        let wide = "/".repeat(COLUMNS_MAX + 1);
        assert_eq!(too_wide(WIDE[0], &wide), [""; 0]);
        assert_eq!(too_wide(WIDE[0], "// short").len(), 1);
    }
}
