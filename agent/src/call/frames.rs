//! Reads the frames of HTTP/2 that a server sends (RFC 9113 section 4), as far as they tell whether an answer to one request
//! began. An HTTP library gives its user a whole answer or an error; a head that it does not take is a head all the same.

use super::first_field::first_status;

/// Type, length and meaning of what is read of a frame (RFC 9113 section 6).
const HEAD_BYTES: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

/// The flag of SETTINGS that only acknowledges, and the setting that bounds a client's requests (RFC 9113 section 6.5).
const ACK: u8 = 0x1;
const MAX_CONCURRENT_STREAMS: u32 = 0x3;

/// Flags of HEADERS (RFC 9113 section 6.2).
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// The error codes that ask for another try (RFC 9113 section 7).
pub(super) const REFUSED_STREAM: u32 = 0x7;
pub(super) const HTTP_1_1_REQUIRED: u32 = 0xd;

/// How much of a frame's payload, or of a head, is kept: its first field is shorter.
const KEPT_BYTES: usize = 96;

/// What the frames say about the request that was made last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether anything of an answer came: a head, or a part of one, an interim one as well, or of a body.
    pub(super) began: bool,
    /// The final status, where a head came and its first field could be read.
    pub(super) status: Option<u16>,
    /// The error code with which the server ended the request.
    pub(super) reset: Option<u32>,
    /// The error code with which the server takes leave, and whether it had taken the request up or may have.
    pub(super) goaway: Option<(u32, bool)>,
    /// Whether the server takes no requests, so that this one was not sent.
    pub(super) takes_none: bool,
    /// Whether what came are no frames a server begins with.
    pub(super) is_odd: bool,
}

/// Reads frames as they come, in whatever pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Frames {
    /// The stream of the last request; a client's have odd numbers, from 1 on (RFC 9113 section 5.1.1).
    stream: u32,
    /// The head of the frame that is coming, and the beginning of its payload.
    frame: Vec<u8>,
    /// How many bytes of that frame have come, its head among them.
    came: usize,
    /// The beginning of the fields of the answer's last head.
    fields: Vec<u8>,
    goaway: Option<(u32, u32)>,
    any: bool,
    told: Told,
}

impl Frames {
    /// Another request is about to be made.
    pub(super) fn ask(&mut self) {
        self.stream = if self.stream == 0 { 1 } else { self.stream + 2 };
        self.fields.clear();
        let Told { takes_none, is_odd, .. } = self.told;
        self.told = Told { takes_none, is_odd, ..Told::default() };
    }

    /// What came says so far.
    pub(super) fn told(&self) -> Told {
        // The server may leave in steps (RFC 9113 section 6.8): what it last said counts.
        let goaway = self.goaway.map(|(last, code)| (code, last >= self.stream));
        Told { goaway, ..self.told }
    }

    /// Reads what came next.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.told.is_odd {
            let whole = match self.frame.get(..HEAD_BYTES) {
                Some(head) => HEAD_BYTES + length(head),
                None => HEAD_BYTES,
            };
            let (now, later) = bytes.split_at((whole - self.came).min(bytes.len()));
            let room = (HEAD_BYTES + KEPT_BYTES).saturating_sub(self.frame.len());
            self.frame.extend_from_slice(now.get(..room).unwrap_or(now));
            self.came += now.len();
            bytes = later;
            self.look();
        }
    }

    /// Looks at the frame as far as it has come, and goes on to the next when it is whole.
    fn look(&mut self) {
        let Some((head, payload)) = self.frame.split_at_checked(HEAD_BYTES) else { return };
        let (kind, flags, stream) = (head[3], head[4], u31(&head[5..]));
        let whole = HEAD_BYTES + length(head);
        if !self.any {
            // A server's first frame is SETTINGS (RFC 9113 section 3.4); one that wants nobody may leave with its first.
            self.told.is_odd = !matches!(kind, SETTINGS | GOAWAY) || stream != 0;
            self.any = true;
        }
        let is_whole = self.came >= whole;
        match kind {
            DATA | PUSH_PROMISE if stream == self.stream => self.told.began = true,
            HEADERS if stream == self.stream => {
                self.told.began = true;
                self.fields = fields(flags, length(head), payload).to_vec();
                self.told.status = self.told.status.or_else(|| final_status(&self.fields));
            }
            CONTINUATION if stream == self.stream && is_whole => {
                let room = KEPT_BYTES.saturating_sub(self.fields.len());
                self.fields.extend(payload.iter().take(room));
                self.told.status = self.told.status.or_else(|| final_status(&self.fields));
            }
            RST_STREAM if stream == self.stream && payload.len() >= 4 => {
                self.told.reset = Some(u32_of(payload));
            }
            SETTINGS if flags & ACK == 0 && is_whole => {
                self.told.takes_none = most_requests(payload).map_or(self.told.takes_none, |most| most == 0);
            }
            GOAWAY if payload.len() >= 8 => self.goaway = Some((u31(payload), u32_of(&payload[4..]))),
            _ => {}
        }
        if is_whole {
            self.frame.clear();
            self.came = 0;
        }
    }
}

/// A status that is no interim one.
fn final_status(fields: &[u8]) -> Option<u16> {
    first_status(fields).filter(|status| *status >= 200)
}

/// The fields in the payload of HEADERS, without what may stand around them.
fn fields(flags: u8, length: usize, payload: &[u8]) -> &[u8] {
    let pad = if flags & PADDED == 0 { 0 } else { usize::from(payload.first().copied().unwrap_or_default()) };
    let before = usize::from(flags & PADDED != 0) + if flags & PRIORITY == 0 { 0 } else { 5 };
    let end = length.saturating_sub(pad).min(payload.len());
    payload.get(before..end).unwrap_or_default()
}

/// How many requests a server's settings let a client make at once, where they say so.
fn most_requests(payload: &[u8]) -> Option<u32> {
    let settings = payload.chunks_exact(6).map(|setting| (u32_of(&setting[..2]), u32_of(&setting[2..])));
    settings.filter(|(name, _)| *name == MAX_CONCURRENT_STREAMS).map(|(_, most)| most).next_back()
}

fn length(head: &[u8]) -> usize {
    head.iter().take(3).fold(0, |length, byte| (length << 8) | usize::from(*byte))
}

fn u32_of(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |number, byte| (number << 8) | u32::from(*byte))
}

/// A number without its reserved bit.
fn u31(bytes: &[u8]) -> u32 {
    u32_of(bytes) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).expect("a short one").to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    }

    fn told(frames: &[Vec<u8>]) -> Told {
        let bytes = frames.concat();
        let (mut whole, mut drops) = (Frames::default(), Frames::default());
        whole.ask();
        drops.ask();
        whole.read(&bytes);
        for byte in &bytes {
            drops.read(&[*byte]);
        }
        assert_eq!(whole.told(), drops.told(), "in whatever pieces it comes");
        whole.told()
    }

    fn settings() -> Vec<u8> {
        frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100])
    }

    #[test]
    fn what_began_an_answer_is_told_with_its_status() {
        let none = Told::default();
        let begun = Told { began: true, ..none };
        let with = |status| Told { status: Some(status), ..begun };
        let reset = |code: u32| frame(RST_STREAM, 0, 1, &code.to_be_bytes());
        for (sentence, frames, expected) in [
            ("nothing but settings", vec![], none),
            ("a window update is no answer", vec![frame(8, 0, 1, &[0, 0, 1, 0])], none),
            ("a ping is none", vec![frame(6, 0, 0, &[0; 8])], none),
            ("a head", vec![frame(HEADERS, 4, 1, &[0x88])], with(200)),
            ("a head with a body", vec![frame(HEADERS, 4, 1, &[0x88]), frame(DATA, 0, 1, b"x")], with(200)),
            ("padded", vec![frame(HEADERS, 0xc, 1, &[2, 0x8d, 0, 0])], with(404)),
            (
                "padded, with a priority",
                vec![frame(HEADERS, 0x2c, 1, &[1, 0, 0, 0, 0, 9, 0x8c, 0])],
                with(400),
            ),
            ("all padding", vec![frame(HEADERS, 8, 1, &[3, 0x88, 0x88, 0x88])], begun),
            ("more padding than payload", vec![frame(HEADERS, 8, 1, &[9, 0x88])], begun),
            ("another's head", vec![frame(HEADERS, 4, 3, &[0x88])], none),
            (
                "a status that is sent later",
                vec![frame(HEADERS, 0, 1, &[]), frame(CONTINUATION, 4, 1, &[0x88])],
                with(200),
            ),
            ("an interim head", vec![frame(HEADERS, 4, 1, b"\x08\x03103")], begun),
            (
                "an interim head, then the final one",
                vec![frame(HEADERS, 4, 1, b"\x08\x03103"), frame(HEADERS, 4, 1, b"\x08\x03503")],
                with(503),
            ),
            (
                "a head, then trailers",
                vec![frame(HEADERS, 4, 1, &[0x88]), frame(HEADERS, 5, 1, &[0x40, 0])],
                with(200),
            ),
            ("a body without a head", vec![frame(DATA, 1, 1, b"x")], begun),
            ("a promise", vec![frame(PUSH_PROMISE, 4, 1, &[0, 0, 0, 2, 0x88])], begun),
            ("a request taken back", vec![reset(7)], Told { reset: Some(7), ..none }),
            (
                "a head, then taken back",
                vec![frame(HEADERS, 4, 1, &[0x88]), reset(2)],
                Told { reset: Some(2), ..with(200) },
            ),
        ] {
            assert_eq!(told(&[vec![settings()], frames].concat()), expected, "{sentence}");
        }
    }

    #[test]
    fn a_cut_frame_counts_as_far_as_it_came() {
        let head = frame(HEADERS, 4, 1, &[vec![0x88], vec![0; 100]].concat());
        for (bytes, expected) in
            [(8, (false, None)), (9, (true, None)), (10, (true, Some(200))), (60, (true, Some(200)))]
        {
            let told = told(&[settings(), head.get(..bytes).expect("longer").to_vec()]);
            assert_eq!((told.began, told.status), expected, "{bytes} bytes");
        }
    }

    #[test]
    fn who_leaves_says_what_was_taken_up() {
        let leave =
            |last: u32, code: u32| frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat());
        for (frames, expected) in [
            (vec![leave(0, 0)], Some((0, false))),
            (vec![leave(1, 0)], Some((0, true))),
            (vec![leave(0x7fff_ffff, 0), leave(0, 2)], Some((2, false))),
            (vec![], None),
        ] {
            assert_eq!(told(&[vec![settings()], frames.clone()].concat()).goaway, expected, "{frames:?}");
        }
        assert_eq!(told(&[leave(0, 11)]).goaway, Some((11, false)), "with its first frame");
    }

    #[test]
    fn a_server_may_take_no_requests() {
        let settings = |most: u8| frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 255, 255, 0, 3, 0, 0, 0, most]);
        for (frames, none) in [
            (vec![settings(0)], true),
            (vec![settings(1)], false),
            (vec![settings(0), settings(9)], false),
            (vec![settings(0), frame(SETTINGS, ACK, 0, &[])], true),
            (vec![frame(SETTINGS, 0, 0, &[])], false),
        ] {
            assert_eq!(told(&frames).takes_none, none, "{frames:?}");
        }
    }

    #[test]
    fn what_comes_may_be_anything() {
        let mut seed = 7_u64;
        let mut byte = || {
            seed = seed * 48_271 % 0x7fff_ffff;
            u8::try_from(seed & 0xff).expect("eight bits")
        };
        for length in 0..2_000 {
            let mut bytes: Vec<u8> = (0..length % 80).map(|_| byte()).collect();
            // Frames whose length is near the truth, of every type.
            if let Some(head) = bytes.get_mut(..9) {
                head.copy_from_slice(&[0, 0, byte() % 80, byte() % 11, byte(), 0, 0, 0, byte() % 4]);
            }
            told(&[settings(), bytes]);
        }
    }

    #[test]
    fn each_request_has_its_own_stream() {
        let mut frames = Frames::default();
        frames.ask();
        frames.read(&[settings(), frame(HEADERS, 4, 1, &[0x88])].concat());
        frames.ask();
        assert_eq!(frames.told(), Told::default());
        frames.read(&[frame(RST_STREAM, 0, 1, &[0; 4]), frame(HEADERS, 4, 3, &[0x8d])].concat());
        assert_eq!(frames.told(), Told { began: true, status: Some(404), ..Told::default() });
    }

    #[test]
    fn what_is_no_http_2_is_odd() {
        for bytes in [
            b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            frame(HEADERS, 4, 1, &[0x88]),
            b"SSH-2.0-OpenSSH\r\n".to_vec(),
        ] {
            assert!(told(std::slice::from_ref(&bytes)).is_odd, "{bytes:?}");
        }
        assert!(!told(&[b"HTTP".to_vec()]).is_odd, "not enough to say");
    }
}
