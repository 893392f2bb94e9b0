//! Undoes the content codings of a body (RFC 9110 section 8.4): some servers compress whatever their caller accepts. What is
//! undone is bounded, as few bytes can stand for very many.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use ringfence_contract::fingerprint::BODY_READ_BYTES;

/// How many codings in a row are undone; servers apply one.
const CODINGS_MAX: usize = 4;

/// What a body says, at most [`BODY_READ_BYTES`] of it; none where it is in a coding that cannot be undone.
pub(super) fn undo<'b>(headers: &HeaderMap, body: &'b [u8]) -> Option<Cow<'b, [u8]>> {
    let lines =
        headers.get_all(CONTENT_ENCODING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let list = lines.collect::<Vec<_>>().join(",").to_ascii_lowercase();
    let codings: Vec<&str> =
        list.split(',').map(str::trim).filter(|coding| !matches!(*coding, "" | "identity")).collect();
    if body.is_empty() || codings.is_empty() {
        return Some(Cow::Borrowed(body));
    }
    if codings.len() > CODINGS_MAX {
        return None;
    }
    // They are listed in the order in which they were applied.
    codings.iter().rev().try_fold(Cow::Borrowed(body), |body, coding| match undo_one(coding, &body) {
        Some(undone) => Some(Cow::Owned(undone)),
        // A page that is named so and is plain text is what it is.
        None if is_plain(&body) => Some(body),
        None => None,
    })
}

/// Whether a body is text as it stands: what is coded is not.
fn is_plain(body: &[u8]) -> bool {
    let text = std::str::from_utf8(body.get(..64).unwrap_or(body)).unwrap_or_default();
    !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace())
}

fn undo_one(coding: &str, body: &[u8]) -> Option<Vec<u8>> {
    match coding {
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(body)),
        // Some servers leave out the zlib format around it (RFC 9110 section 8.4.1.2).
        "deflate" => read(ZlibDecoder::new(body)).or_else(|| read(DeflateDecoder::new(body))),
        _ => None,
    }
}

/// Reads as much as is good and as is wanted: what was read of the body may be a part of it.
fn read(decoder: impl Read) -> Option<Vec<u8>> {
    let mut undone = Vec::new();
    let most = u64::try_from(BODY_READ_BYTES).unwrap_or(u64::MAX);
    let read = decoder.take(most).read_to_end(&mut undone);
    (read.is_ok() || !undone.is_empty()).then_some(undone)
}
