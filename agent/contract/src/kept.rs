//! Answers that a cache kept: they were given to another call, and say nothing about this one. A table of data, with the public
//! source of each row.

use crate::fingerprint::Row;

/// The rows. Whoever refuses in its own words does so too in an answer that is kept, so these are looked at before all others.
pub(crate) const TABLE: &[Row] = &[
    // RFC 9111 section 5.1: an answer with an age was not made for this request. Caches write 0 beside what they just fetched.
    aged("1"),
    aged("2"),
    aged("3"),
    aged("4"),
    aged("5"),
    aged("6"),
    aged("7"),
    aged("8"),
    aged("9"),
    // RFC 9211 section 2.1: the cache answered without asking further.
    Row::header("cached", &[403], "cache-status", Some("hit")),
    // Fastly docs, "X-Cache", and Azure Front Door, "Caching: response headers" (`TCP_HIT`, `TCP_REMOTE_HIT`).
    Row::header("cached", &[403], "x-cache", Some("HIT")),
    // Amazon CloudFront developer guide, "Adding custom headers: X-Cache": "Hit from cloudfront".
    Row::header("cached", &[403], "x-cache", Some("Hit from")),
    // Cloudflare docs, "Cache responses".
    Row::header("cached", &[403], "cf-cache-status", Some("HIT")),
    // nginx, ngx_http_upstream_module: `$upstream_cache_status`, in the header that its guides show it in.
    Row::header("cached", &[403], "x-cache-status", Some("HIT")),
    Row::header("cached", &[403], "x-proxy-cache", Some("HIT")),
];

/// An age with this digit in it.
const fn aged(digit: &'static str) -> Row {
    Row::header("cached", &[403], "age", Some(digit))
}
