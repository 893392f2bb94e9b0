//! Which of the names that one stands for leads somewhere: the search list, in glibc's order (`__res_context_search` in
//! `resolv/res_query.c`), so that a name leads where it leads the host's other programs.

use std::time::Instant;

use hickory_proto::ProtoError;
use hickory_proto::rr::Name;
use ringfence_contract::address::Family;

use super::dns::{Heard, Unheard, ask_each};
use super::dns_message::{Says, Told};
use super::resolv_conf::Settings;

/// The name that told, and what was heard of it.
#[derive(Debug)]
pub(super) struct Searched {
    pub(super) name: String,
    pub(super) heard: Heard,
}

/// A name as a program has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought<'a> {
    pub(super) name: &'a str,
    /// Whether it was written with a trailing dot.
    pub(super) absolute: bool,
    pub(super) family: Family,
}

/// What to do after a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Nothing: it tells.
    End,
    /// Ask for the next one.
    Go,
    /// Ask for the name as it stands, and for no other.
    AsItStands,
}

/// Asks for each name until one leads somewhere.
pub(super) async fn search(settings: &Settings, sought: Sought<'_>, deadline: Instant) -> Option<Searched> {
    let names = settings.names(sought.name, sought.absolute);
    let (mut best, mut is_told, mut only_as_it_stands) = (None, false, false);
    let last = names.len().saturating_sub(1);
    for (at, (name, as_it_stands)) in names.into_iter().enumerate() {
        // With a domain behind it, a name may be too long to be asked for.
        let Ok(dns_name) = dns_name(&name) else { continue };
        if only_as_it_stands && !as_it_stands {
            continue;
        }
        let heard = ask_each(settings, &dns_name, sought.family, deadline).await;
        let mut next = after(&heard.answer);
        if at != last && matches!(&heard.answer, Ok(Told { says: Says::NoRecords, .. })) {
            // It exists. A program that takes both families goes on only where it has addresses in neither.
            let other = ask_each(settings, &dns_name, other(sought.family), deadline).await;
            if matches!(other.answer, Ok(Told { says: Says::Addresses(_), .. })) {
                next = Next::End;
            }
        }
        let searched = Searched { name, heard };
        if next == Next::End {
            return Some(searched);
        }
        only_as_it_stands |= next == Next::AsItStands && !as_it_stands;
        // The name as it stands tells where it was asked for first.
        if !is_told && best.as_ref().is_none_or(|best| weight(best) <= weight(&searched)) {
            best = Some(searched);
        }
        is_told |= at == 0 && as_it_stands;
        if Instant::now() >= deadline {
            break;
        }
    }
    best
}

/// A name as it is asked for.
pub(super) fn dns_name(name: &str) -> Result<Name, ProtoError> {
    let mut name = Name::from_ascii(name)?;
    name.set_fqdn(true);
    Ok(name)
}

fn other(family: Family) -> Family {
    match family {
        Family::Ipv4 => Family::Ipv6,
        Family::Ipv6 => Family::Ipv4,
    }
}

fn after(answer: &Result<Told, Unheard>) -> Next {
    match answer {
        Ok(Told { says: Says::Addresses(_), .. }) | Err(Unheard::NotThere | Unheard::Shortage(_)) => {
            Next::End
        }
        // An alias that leads to no address is an answer.
        Ok(Told { says: Says::NoRecords, cnames, .. }) if !cnames.is_empty() => Next::End,
        Ok(Told { says: Says::NoRecords | Says::NoSuchName, .. }) => Next::Go,
        // A server may fail on one zone and know another.
        Ok(Told { says: Says::Failed, rcode, .. }) if rcode == "SERVFAIL" => Next::Go,
        Ok(Told { says: Says::Failed | Says::Truncated, .. }) | Err(Unheard::Garbled | Unheard::Silent) => {
            Next::AsItStands
        }
    }
}

/// Which of several names that lead nowhere tells why: one that exists; else one that a server failed on, as nobody knows where
/// that would have led; else the last.
fn weight(searched: &Searched) -> u8 {
    match searched.heard.answer.as_ref().map(|told| &told.says) {
        Ok(Says::NoRecords) => 2,
        Ok(Says::Failed | Says::Truncated) | Err(_) => 1,
        Ok(Says::Addresses(_) | Says::NoSuchName) => 0,
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
