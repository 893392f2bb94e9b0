//! Patterns over names: `*` is any run of characters, `/` among them, `?` is any one. It must not know whose names.

/// Whether a name fits a pattern, as a whole. Takes time in proportion to the product of their lengths at most.
#[must_use]
pub fn glob_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // Where to go on after the latest `*`, and how much of the name it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, n));
                p += 1;
            }
            Some(b'?') => (p, n) = (p + 1, n + 1),
            Some(byte) if name.get(n) == Some(byte) => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((after, taken)) => {
                    star = Some((after, taken + 1));
                    (p, n) = (after, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, fits) in [
            ("app-service-*/*", "app-service-1/site", true),
            ("*", "app/site", true),
            ("*/scm", "app/site", false),
            ("*/s*m", "a/b/scrum", true),
            ("app", "app-1", false),
            ("app-?", "app-1", true),
            ("app-?", "app-", false),
            ("**", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(glob_matches(pattern, name), fits, "`{pattern}` on `{name}`");
        }
    }
}
