//! The status of an HTTP/2 head by its first field alone (RFC 7541), where a library does not take the head. It comes first
//! (RFC 9113 section 8.3), and is short.

/// The statuses in HPACK's static table, and the index of the first (RFC 7541 appendix A). Each index is also the name's.
const STATIC: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
const STATIC_FIRST: usize = 8;

/// The name, where it is written out: plain, or in HPACK's Huffman code (RFC 7541 appendix B).
const NAME: &[u8] = b":status";
const NAME_HUFFMAN: &[u8] = &[0xb8, 0x84, 0x8d, 0x36, 0xa3];

/// The status, if the fields begin with one that needs no memory of earlier heads.
pub(super) fn first_status(fields: &[u8]) -> Option<u16> {
    let mut rest = fields;
    // The size of the table may be set before the first field (RFC 7541 section 4.2).
    while rest.first()? & 0xe0 == 0x20 {
        (_, rest) = integer(rest, 5)?;
    }
    let first = *rest.first()?;
    if first & 0x80 != 0 {
        let (index, _) = integer(rest, 7)?;
        return STATIC.get(index.checked_sub(STATIC_FIRST)?).copied();
    }
    // A literal: with indexing has six bits for its name's index, without has four (RFC 7541 section 6.2).
    let (index, mut rest) = integer(rest, if first & 0x40 == 0 { 4 } else { 6 })?;
    match index {
        0 => {
            let name;
            (name, rest) = string(rest)?;
            let is_status = name.bytes == if name.is_huffman { NAME_HUFFMAN } else { NAME };
            is_status.then_some(())?;
        }
        index => drop(STATIC.get(index.checked_sub(STATIC_FIRST)?)?),
    }
    let (value, _) = string(rest)?;
    let digits = if value.is_huffman { huffman_digits(value.bytes)? } else { value.bytes.try_into().ok()? };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
    digits.into_iter().try_fold(0, |status, byte| Some(10 * status + digit(byte)?))
}

/// An integer that begins in the low bits of a byte (RFC 7541 section 5.1), and what follows.
fn integer(bytes: &[u8], bits: u32) -> Option<(usize, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let most = (1_usize << bits) - 1;
    let mut value = usize::from(*first) & most;
    if value < most {
        return Some((value, rest));
    }
    // No number that is meant here takes more than three bytes.
    for shift in [0, 7, 14] {
        let (byte, behind) = rest.split_first()?;
        value += usize::from(byte & 0x7f) << shift;
        rest = behind;
        if byte & 0x80 == 0 {
            return Some((value, rest));
        }
    }
    None
}

struct Text<'a> {
    is_huffman: bool,
    bytes: &'a [u8],
}

/// A string (RFC 7541 section 5.2), and what follows.
fn string(bytes: &[u8]) -> Option<(Text<'_>, &[u8])> {
    let is_huffman = bytes.first()? & 0x80 != 0;
    let (length, rest) = integer(bytes, 7)?;
    let (bytes, rest) = rest.split_at_checked(length)?;
    Some((Text { is_huffman, bytes }, rest))
}

/// Three digits in HPACK's Huffman code: five bits for 0 to 2, six for 3 to 9 (RFC 7541 appendix B).
fn huffman_digits(bytes: &[u8]) -> Option<[u8; 3]> {
    let mut bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut digit = || {
        let five = (0..5).try_fold(0, |code, _| Some(code << 1 | bits.next()?))?;
        match five {
            0..=2 => Some(b'0' + five),
            12..=15 => match five << 1 | bits.next()? {
                code @ 0x19..=0x1f => Some(b'3' + code - 0x19),
                _ => None,
            },
            _ => None,
        }
    };
    Some([digit()?, digit()?, digit()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_in_every_form_it_can_have() {
        for (sentence, fields, status) in [
            ("indexed, 200", &[0x88][..], Some(200)),
            ("indexed, 500", &[0x8e], Some(500)),
            ("with indexing, plain", b"\x48\x03403", Some(403)),
            ("without indexing, plain", b"\x08\x03302", Some(302)),
            ("never indexed, plain", b"\x18\x03103", Some(103)),
            ("by another index of the same name", b"\x4e\x03418", Some(418)),
            ("Huffman, 200", &[0x48, 0x82, 0x10, 0x01], Some(200)),
            ("Huffman, 103", &[0x48, 0x82, 0x08, 0x19], Some(103)),
            ("Huffman, 429", &[0x48, 0x83, 0x68, 0x4f, 0xff], Some(429)),
            ("the name written out", b"\x00\x07:status\x03200", Some(200)),
            ("the name in Huffman code", b"\x00\x85\xb8\x84\x8d\x36\xa3\x03200", Some(200)),
            ("behind a new size of the table", b"\x3f\xe1\x1f\x88", Some(200)),
            ("behind two sizes", b"\x20\x3f\xe1\x1f\x8d", Some(404)),
            ("another field", &[0x82], None),
            ("another name", b"\x00\x07:stauts\x03200", None),
            ("a head before this one was remembered", &[0xbe], None),
            ("four digits", b"\x48\x042000", None),
            ("no digits", b"\x48\x03abc", None),
            ("cut", b"\x48\x0320", None),
            ("a number without an end", &[0xff, 0xff, 0xff, 0xff, 0xff], None),
            ("nothing", &[], None),
        ] {
            assert_eq!(first_status(fields), status, "{sentence}");
        }
    }
}
