//! Payload for callers who count it: as much as their sealed calls ask for, within bounds, and worthless to everybody else.
//!
//! This file must not know how a call travelled, or how long a connection may live.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame, SizeHint};
use ringfence_contract::download::Portion;
use ringfence_contract::id::{CallId, random_bytes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most downloads given at once. A run makes one after the other: this leaves room for those whose callers went away
/// unnoticed, and for another run.
pub const DOWNLOADS_AT_ONCE: usize = 4;

/// How many downloads are remembered, so that none is given twice: as many as a run's key lives for, an hour, at more than
/// one a second.
const REMEMBERED: usize = 4_096;

/// How many bytes of payload there are before it begins again, 1 MiB: further back than what compresses below HTTP looks, so
/// that nothing there makes it shorter unseen. Deflate looks back 32 KiB (RFC 1951 section 2), LZ4 and LZO 64 KiB. A content
/// coding may look back further, and is seen: no sealed answer is left then.
const BLOCK_BYTES: usize = 1_024 * 1_024;

/// How many bytes go to the HTTP library at once.
const CHUNK_BYTES: usize = 256 * 1_024;

/// The body of an answer: all of it at once, or an answer with a payload behind it.
pub type AnswerBody = Either<Full<Bytes>, Payload>;

/// The downloads an agent gives.
#[derive(Debug)]
pub(super) struct Downloads {
    places: Arc<Semaphore>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// The block, while any download needs it.
    block: Weak<Block>,
    given: VecDeque<CallId>,
}

/// A block of bytes that look random.
struct Block(Bytes);

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({} bytes)", self.0.len())
    }
}

impl Default for Downloads {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(DOWNLOADS_AT_ONCE)), held: Mutex::default() }
    }
}

impl Downloads {
    /// What follows the answer to a call that asks for this much, or why nothing does.
    pub(super) fn begin(&self, call: CallId, portion: Portion) -> Result<Payload, String> {
        if !portion.is_within_bounds() {
            return Err(format!(
                "{} bytes for {} ms are asked for, at most {} for {} ms are given",
                portion.bytes,
                portion.lasts_ms,
                Portion::BYTES_MAX,
                Portion::LASTS_MAX_MS
            ));
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.given.contains(&call) {
            return Err("this download was given before".to_owned());
        }
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| format!("{DOWNLOADS_AT_ONCE} downloads are under way here, no more are given"))?;
        if held.given.len() >= REMEMBERED {
            held.given.pop_front();
        }
        held.given.push_back(call);
        let block = held.block.upgrade().unwrap_or_else(|| Arc::new(Block::random()));
        held.block = Arc::downgrade(&block);
        Ok(Payload { answer: None, block, next: 0, left: portion.bytes, _place: place })
    }
}

impl Block {
    /// Bytes of a generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014) that starts
    /// anywhere. They need not be unguessable, only as good as random to whatever would make them fewer.
    fn random() -> Self {
        let mut state = u64::from_le_bytes(random_bytes());
        let mut bytes = Vec::with_capacity(BLOCK_BYTES);
        while bytes.len() < BLOCK_BYTES {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bytes.extend_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
        }
        Self(Bytes::from(bytes))
    }
}

/// An answer and the payload behind it. Whoever drops it ends the download.
#[derive(Debug)]
pub struct Payload {
    answer: Option<Bytes>,
    block: Arc<Block>,
    /// Where in the block the next byte is.
    next: usize,
    left: u64,
    _place: OwnedSemaphorePermit,
}

impl Payload {
    /// The payload behind this answer.
    pub(super) fn behind(self, answer: String) -> Self {
        Self { answer: Some(Bytes::from(answer)), ..self }
    }

    /// The next bytes of the block, copied nowhere.
    fn chunk(&mut self) -> Option<Bytes> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let length = CHUNK_BYTES.min(left).min(BLOCK_BYTES - self.next);
        let chunk = self.block.0.slice(self.next..self.next + length);
        self.next = (self.next + length) % BLOCK_BYTES;
        self.left -= chunk.len() as u64;
        (length > 0).then_some(chunk)
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let bytes = self.answer.take().or_else(|| self.chunk());
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.answer.is_none() && self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        let answer = self.answer.as_ref().map_or(0, Bytes::len) as u64;
        SizeHint::with_exact(answer + self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portion(bytes: u64) -> Portion {
        Portion { lasts_ms: 1_000, bytes }
    }

    fn bytes_of(payload: &mut Payload) -> Vec<u8> {
        std::iter::from_fn(|| payload.chunk()).flatten().collect()
    }

    #[test]
    fn a_payload_is_as_long_as_asked_for_and_begins_again_only_behind_the_block() {
        let downloads = Downloads::default();
        let asked = BLOCK_BYTES as u64 + 100_000;
        let mut payload = downloads.begin(CallId::random(), portion(asked)).expect("a download");
        let all = bytes_of(&mut payload);
        assert_eq!((all.len() as u64, payload.is_end_stream()), (asked, true));
        assert_eq!(all[..100_000], all[BLOCK_BYTES..]);
        // No eight bytes come twice before that: the generator has a period of 2^64 of them.
        let words: std::collections::HashSet<&[u8]> = all[..BLOCK_BYTES].chunks(8).collect();
        assert_eq!(words.len(), BLOCK_BYTES / 8);
    }

    #[test]
    fn a_download_is_given_once_and_only_so_many_at_a_time() {
        let downloads = Downloads::default();
        let first = CallId::random();
        let mut held = vec![downloads.begin(first, portion(1)).expect("a download")];
        let refused = |call| downloads.begin(call, portion(1)).expect_err("a refusal");
        assert!(refused(first).contains("given before"));
        while held.len() < DOWNLOADS_AT_ONCE {
            held.push(downloads.begin(CallId::random(), portion(1)).expect("a download"));
        }
        let late = CallId::random();
        assert!(refused(late).contains("4 downloads"), "{}", refused(late));
        drop(held);
        assert!(downloads.begin(late, portion(1)).is_ok(), "it was not given before");
        assert_eq!(downloads.held.lock().expect("nobody panicked").block.strong_count(), 0);
    }

    #[test]
    fn more_than_the_bounds_is_refused_with_the_bounds() {
        let downloads = Downloads::default();
        for portion in [
            Portion { lasts_ms: Portion::LASTS_MAX_MS + 1, bytes: 1 },
            Portion { lasts_ms: 1, bytes: Portion::BYTES_MAX + 1 },
            Portion { lasts_ms: 0, bytes: 1 },
        ] {
            let refused = downloads.begin(CallId::random(), portion).expect_err("a refusal");
            assert!(refused.contains("at most 68719476736 for 30000 ms"), "{refused}");
        }
    }
}
