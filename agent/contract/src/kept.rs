//! Answers that a cache kept: they were given to another call, and say nothing about this one.

/// Whether a cache says of an answer with these headers, by lower-case name, that it kept it.
///
/// - `Age` above 0: an answer with an age was not made for this request (RFC 9111 section 5.1); caches write 0 beside what they
///   just fetched.
/// - `Cache-Status` with `hit` (RFC 9211 section 2.1), and every other header with `cache` in its name that has the word: the
///   `X-Cache` of Fastly, Varnish, Squid and Amazon's CDN, `TCP_HIT` of Azure Front Door, `CF-Cache-Status`, `CDN-Cache`, and
///   nginx's `$upstream_cache_status` under whatever name.
/// - `X-Varnish` with two numbers: the second is the request that the answer was made for (Varnish, "Logging in Varnish").
#[must_use]
pub fn is_kept<'h>(mut headers: impl Iterator<Item = (&'h str, &'h str)>) -> bool {
    headers.any(|(name, value)| match name {
        "age" => value.trim().parse::<u64>().is_ok_and(|age| age > 0),
        "x-varnish" => value.split_ascii_whitespace().count() > 1,
        _ if name.contains("cache") => has_hit(value),
        _ => false,
    })
}

/// Whether a value has the word `hit`, outside of quotation marks.
fn has_hit(value: &str) -> bool {
    let unquoted = value.split('"').step_by(2);
    let mut words = unquoted.flat_map(|part| part.split(|c: char| !c.is_ascii_alphabetic()));
    words.any(|word| word.eq_ignore_ascii_case("hit"))
}

#[cfg(test)]
mod tests {
    use super::is_kept;

    #[test]
    fn caches_say_in_many_ways_that_they_kept_an_answer() {
        for (name, value, kept) in [
            ("age", "31", true),
            ("age", "0", false),
            ("age", "soon", false),
            ("x-cache", "HIT", true),
            ("x-cache", "hit", true),
            ("x-cache", "Hit from cloudfront", true),
            ("x-cache", "MISS, HIT", true),
            ("x-cache", "TCP_HIT", true),
            ("x-cache", "TCP_MISS", false),
            ("x-cache", "MISS from WHITEBOX", false),
            ("x-cache-lookup", "Cache Hit", true),
            ("cf-cache-status", "HIT", true),
            ("cdn-cache", "HIT", true),
            ("x-litespeed-cache", "hit", true),
            ("cache-status", "ExampleCache; hit; ttl=30", true),
            ("cache-status", "ExampleCache; fwd=miss; detail=\"no hit\"", false),
            ("cache-control", "private, max-age=0", false),
            ("x-varnish", "32770 3", true),
            ("x-varnish", "32770", false),
            ("server", "HIT", false),
        ] {
            assert_eq!(is_kept([(name, value)].into_iter()), kept, "{name}: {value}");
        }
    }
}
