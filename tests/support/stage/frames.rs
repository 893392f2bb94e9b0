//! HTTP/2 frames as data (RFC 9113 sections 4.1 and 6), so that a door can say what no library would.

/// `DATA` (RFC 9113 section 6.1).
const DATA: u8 = 0;
/// `HEADERS` (section 6.2).
pub(super) const HEADERS: u8 = 1;
/// `RST_STREAM` (section 6.4).
const RST_STREAM: u8 = 3;
/// `SETTINGS` (section 6.5).
pub(super) const SETTINGS: u8 = 4;
/// `GOAWAY` (section 6.8).
const GOAWAY: u8 = 7;
/// `CONTINUATION` (section 6.10).
const CONTINUATION: u8 = 9;
/// The end of the stream (sections 6.1 and 6.2).
const END_STREAM: u8 = 0x1;
/// The end of a field block (sections 6.2 and 6.10).
const END_HEADERS: u8 = 0x4;
/// The most bytes of a frame that every receiver takes (section 4.2).
const FRAME_MAX_BYTES: usize = 16_384;

/// `INTERNAL_ERROR`, as all of these from RFC 9113 section 7.
pub const INTERNAL_ERROR: u32 = 0x2;
/// `REFUSED_STREAM`.
pub const REFUSED_STREAM: u32 = 0x7;
/// `CANCEL`.
pub const CANCEL: u32 = 0x8;
/// `ENHANCE_YOUR_CALM`.
pub const ENHANCE_YOUR_CALM: u32 = 0xb;
/// `HTTP_1_1_REQUIRED`.
pub const HTTP_1_1_REQUIRED: u32 = 0xd;

/// One thing that a door says over HTTP/2 to a request.
#[derive(Debug, Clone)]
pub enum Frame {
    /// `HEADERS`, with as many `CONTINUATION`s as it takes; whether the stream ends there.
    Head(Vec<(String, String)>, bool),
    /// `DATA`; whether the stream ends there.
    Body(Vec<u8>, bool),
    /// `RST_STREAM` with this code.
    ResetStream(u32),
    /// `GOAWAY`: the last stream taken up, and a code.
    GoAway(u32, u32),
    /// A frame of this type and these flags on the request's stream.
    Other(u8, u8, Vec<u8>),
    /// The end of the connection. Without it the connection stays.
    End,
}

impl Frame {
    /// The head of an answer with this status and these fields.
    #[must_use]
    pub fn head(status: &str, fields: &[(&str, &str)]) -> Self {
        Self::Head(owned(status, fields), false)
    }

    /// A head of this status that ends its stream.
    #[must_use]
    pub fn whole(status: &str, fields: &[(&str, &str)]) -> Self {
        Self::Head(owned(status, fields), true)
    }

    /// The bytes of it for a request on this stream; none for the end.
    pub(super) fn bytes(&self, stream: u32) -> Option<Vec<u8>> {
        Some(match self {
            Self::Head(fields, ends) => head(fields, stream, *ends),
            Self::Body(bytes, ends) => frame(DATA, if *ends { END_STREAM } else { 0 }, stream, bytes),
            Self::ResetStream(code) => frame(RST_STREAM, 0, stream, &code.to_be_bytes()),
            Self::GoAway(last, code) => {
                frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
            }
            Self::Other(kind, flags, payload) => frame(*kind, *flags, stream, payload),
            Self::End => return None,
        })
    }
}

fn owned(status: &str, fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = std::iter::once((":status", status)).chain(fields.iter().copied());
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A frame as it goes over the wire.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

fn head(fields: &[(String, String)], stream: u32, ends: bool) -> Vec<u8> {
    let block: Vec<u8> = fields.iter().flat_map(|(name, value)| field(name, value)).collect();
    let mut parts = block.chunks(FRAME_MAX_BYTES).peekable();
    let mut bytes = Vec::new();
    let mut kind = HEADERS;
    while let Some(part) = parts.next() {
        let last = if parts.peek().is_none() { END_HEADERS } else { 0 };
        let end = if ends && kind == HEADERS { END_STREAM } else { 0 };
        bytes.extend(frame(kind, last | end, stream, part));
        kind = CONTINUATION;
    }
    bytes
}

/// A field that no table needs to know (RFC 7541 section 6.2.2: literal, without indexing, a new name).
fn field(name: &str, value: &str) -> Vec<u8> {
    [&[0_u8][..], &text(name), &text(value)].concat()
}

/// A string without Huffman's code (RFC 7541 section 5.2), its length with a prefix of 7 bits (section 5.1).
fn text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    match text.len() {
        short @ 0..127 => bytes.push(u8::try_from(short).expect("less than 127")),
        long => {
            bytes.push(127);
            let mut rest = long - 127;
            while rest >= 128 {
                bytes.push(u8::try_from(rest % 128).expect("less than 128") | 128);
                rest /= 128;
            }
            bytes.push(u8::try_from(rest).expect("less than 128"));
        }
    }
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_its_length_type_flags_stream_and_payload() {
        assert_eq!(Frame::ResetStream(CANCEL).bytes(1), Some(vec![0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8]));
        assert_eq!(Frame::whole("200", &[]).bytes(1).map(|bytes| bytes[3..5].to_vec()), Some(vec![1, 5]));
    }

    #[test]
    fn a_long_string_has_a_length_of_several_bytes() {
        // RFC 7541 section C.1.2's arithmetic with a prefix of 7 bits: 1337 - 127 = 1210 = 9 * 128 + 58.
        assert_eq!(text(&"x".repeat(1337))[..3], [127, 0x3a | 0x80, 9]);
        assert_eq!(text("ab"), b"\x02ab");
    }

    #[test]
    fn a_long_head_goes_on_in_continuations() {
        let bytes = Frame::head("200", &[("x", &"y".repeat(20_000))]).bytes(1).expect("a frame");
        assert_eq!((bytes[3], bytes[4]), (HEADERS, 0));
        assert_eq!(
            (bytes[FRAME_MAX_BYTES + 9 + 3], bytes[FRAME_MAX_BYTES + 9 + 4]),
            (CONTINUATION, END_HEADERS)
        );
    }
}
