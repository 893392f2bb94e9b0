//! One call in, one [`Sample`](ringfence_contract::sample::Sample) out: the prober; on a connection that is kept, one after
//! the other ([`Kept`]); or one that is answered with bytes to count ([`download()`]). Also the way an order gets to
//! another agent ([`post`]).
//!
//! This room must not know who ordered a call, what is expected of it, or whether it may be placed: it asks an
//! [`Admit`] about every resolved address before it sends a single packet there.

mod again;
mod aim;
mod body;
mod certificate;
mod classify;
mod coding;
mod connect;
mod connection;
mod crypto;
mod dns;
mod dns_message;
mod door;
mod download;
mod exchange;
mod first_field;
mod forged;
mod frames;
mod guise;
mod http;
mod icmp;
mod lost;
mod means;
mod not_sent;
mod odd_head;
mod place;
mod post;
mod resolv_conf;
mod resolve;
mod search;
mod socket_error;
mod tap;
mod tcp;
mod tls;
mod trail;
mod trust;
mod trusted;
mod udp;
mod verifier;
mod window;

pub use download::download;
pub use means::{Admit, Asked, Means, MeansError, MeansSettings};
pub use place::{Kept, Seen, place};
pub use post::{ConnectTrouble, PostError, REPLY_MAX_BYTES, post};
pub use trail::{Timed, Took};
pub use trust::CaError;
