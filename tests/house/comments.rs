//! How wide a comment may be. The formatter leaves comments alone, so nothing else holds them to a width.

/// The most columns of a line that is a comment.
const COLUMNS_MAX: usize = 128;

/// Complains of every comment that is too wide.
pub(super) fn too_wide(path: &str, text: &str) -> Vec<String> {
    let complain = |(line, columns)| {
        format!("{path}:{line}: a comment of {columns} columns, at most {COLUMNS_MAX} are allowed")
    };
    wide_lines(text).map(complain).collect()
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
}
