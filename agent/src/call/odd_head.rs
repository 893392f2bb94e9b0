//! The head of an HTTP/1.x answer that the HTTP library does not take, read as curl and browsers read one: by its lines.
//! What tells an answer is its status line; what is odd behind it does not undo that.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::classify::Head;

/// What the first bytes of an answer are.
#[derive(Debug)]
pub(super) enum Began<'a> {
    /// Nothing came.
    Nothing,
    /// Bytes that are no HTTP.
    NoHttp,
    /// HTTP, but no final status yet: a part of a status line, or interim answers (RFC 9110 section 15.2) alone.
    NoStatus,
    /// A final status, what fields came with it, and what came behind them.
    Head(Head, &'a [u8]),
}

/// Reads the first bytes of an answer.
pub(super) fn began(bytes: &[u8]) -> Began<'_> {
    if bytes.is_empty() {
        return Began::Nothing;
    }
    let mut rest = bytes;
    loop {
        let (line, behind) = match line(rest) {
            Some(parts) => parts,
            None if may_become_status(rest) => return Began::NoStatus,
            None => return Began::NoHttp,
        };
        let Some(status) = status_of(line) else { return Began::NoHttp };
        let (headers, body) = fields(behind);
        // Whoever switches protocols says nothing more in this one.
        if status < 200 && status != 101 {
            match body {
                Some(next) if !next.is_empty() => rest = next,
                _ => return Began::NoStatus,
            }
        } else {
            return Began::Head(Head { status, headers }, body.unwrap_or_default());
        }
    }
}

/// A line without its end, and what follows. Some servers end lines with a bare LF (RFC 9112 section 2.2).
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = (bytes.get(..end)?, bytes.get(end + 1..)?);
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest))
}

/// Whether bytes may be the beginning of a status line.
fn may_become_status(bytes: &[u8]) -> bool {
    let version = b"HTTP/1.";
    let common = bytes.len().min(version.len());
    bytes.get(..common) == version.get(..common) && bytes.len() <= MAX_LINE
}

/// A status line is not longer.
const MAX_LINE: usize = 8 * 1024;

/// The status of `HTTP/1.x NNN`, with or without a reason behind it.
fn status_of(line: &[u8]) -> Option<u16> {
    let (version, rest) = line.strip_prefix(b"HTTP/1.")?.split_first()?;
    let rest = rest.strip_prefix(b" ")?.trim_ascii_start();
    let (digits, behind) = rest.split_at_checked(3)?;
    let ends = behind.first().is_none_or(u8::is_ascii_whitespace);
    let digits = std::str::from_utf8(digits).ok().filter(|_| version.is_ascii_digit() && ends)?;
    digits.parse().ok().filter(|status| (100..=999).contains(status))
}

/// The fields up to the empty line, and the body; no body where the empty line did not come. Lines that are no field are
/// passed over; one that begins with a space goes on with the field before it (RFC 9112 section 5.2).
fn fields(mut rest: &[u8]) -> (HeaderMap, Option<&[u8]>) {
    let mut fields: Vec<(HeaderName, Vec<u8>)> = Vec::new();
    let mut body = None;
    while let Some((line, behind)) = line(rest) {
        rest = behind;
        if line.is_empty() {
            body = Some(behind);
            break;
        }
        if let (true, Some((_, value))) =
            (line.starts_with(b" ") || line.starts_with(b"\t"), fields.last_mut())
        {
            value.push(b' ');
            value.extend_from_slice(line.trim_ascii());
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        let Ok(name) = HeaderName::from_bytes(name.trim_ascii()) else { continue };
        fields.push((name, value.get(1..).unwrap_or_default().trim_ascii().to_vec()));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
        headers.append(name, value);
    }
    (headers, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match began(text.as_bytes()) {
            Began::Nothing => "nothing".to_owned(),
            Began::NoHttp => "no http".to_owned(),
            Began::NoStatus => "no status".to_owned(),
            Began::Head(head, body) => {
                let value =
                    head.headers.get("x").map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
                format!("{} {:?} {:?}", head.status, value.unwrap_or_default(), String::from_utf8_lossy(body))
            }
        }
    }

    #[test]
    fn a_head_is_read_as_browsers_read_it() {
        for (text, told) in [
            ("HTTP/1.1 200 OK\r\nx: y\r\n\r\nbody", "200 \"y\" \"body\""),
            ("HTTP/1.0 403\r\nx:y\r\n\r\n", "403 \"y\" \"\""),
            ("HTTP/1.1 200 \nx : y\n\nbody", "200 \"y\" \"body\""),
            ("HTTP/1.1  200 OK\r\n\r\n", "200 \"\" \"\""),
            ("HTTP/1.1 200 OK\r\nx: y\r\n  z\r\n\r\n", "200 \"y z\" \"\""),
            ("HTTP/1.1 200 OK\r\nno field\r\nodd name: a\r\nx: y\r\n\r\n", "200 \"y\" \"\""),
            ("HTTP/1.1 200 OK\r\nx: y", "200 \"\" \"\""),
            ("HTTP/1.1 200 OK\r\n", "200 \"\" \"\""),
            ("HTTP/1.1 999 Denied\r\n\r\n", "999 \"\" \"\""),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "101 \"\" \"\""),
            (
                "HTTP/1.1 103 Early Hints\r\nx: early\r\n\r\nHTTP/1.1 403 No\r\nx: late\r\n\r\n",
                "403 \"late\" \"\"",
            ),
            ("HTTP/1.1 100 Continue\r\n\r\n", "no status"),
            ("HTTP/1.1 100 Continue\r\n", "no status"),
            ("HTTP/1.1 100 Continue\r\n\r\nHTT", "no status"),
            ("HTTP/1.1 20", "no status"),
            ("H", "no status"),
            ("", "nothing"),
            ("HTTP/1.1 20\r\n", "no http"),
            ("HTTP/1.1 abc\r\n\r\n", "no http"),
            ("HTTP/1.1 2000 OK\r\n\r\n", "no http"),
            ("HTTP/9.9 200 OK\r\n\r\n", "no http"),
            ("SSH-2.0-OpenSSH\r\n", "no http"),
            ("<html>", "no http"),
            ("\r\n\r\n", "no http"),
        ] {
            assert_eq!(read(text), told, "{text:?}");
        }
    }
}
