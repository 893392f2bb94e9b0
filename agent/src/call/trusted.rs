//! What a vantage's calls trust, read when the first of them needs it and kept for the others.
//!
//! This file must not know any single certificate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ringfence_contract::call::Trust;
use tokio::sync::OnceCell;

use super::trust::{Anchors, CaError, Roots, Rule};

/// How many CA texts of orders are kept read: a matrix has one, or one an endpoint's owner.
const TEXTS: usize = 16;

/// What a vantage's calls trust.
#[derive(Debug)]
pub(super) struct Trusted {
    /// The vantage's own CA text, trusted beside the platform's roots.
    ca: Option<String>,
    platform: OnceCell<Platform>,
    /// By the CA text of an order: the platform's roots and that text's.
    texts: Mutex<HashMap<String, Arc<Anchors>>>,
}

#[derive(Debug)]
struct Platform {
    roots: Roots,
    anchors: Arc<Anchors>,
}

impl Trusted {
    pub(super) fn new(ca: Option<String>) -> Self {
        Self { ca, platform: OnceCell::new(), texts: Mutex::default() }
    }

    /// By what a certificate is good for a call that trusts this.
    pub(super) async fn rule(&self, trust: &Trust) -> Result<Rule, CaError> {
        Ok(match trust {
            Trust::Pin(pin) => Rule::Pinned(*pin),
            Trust::Platform => Rule::Chain(Arc::clone(&self.platform().await.anchors)),
            Trust::Ca(pem) => Rule::Chain(self.text(pem).await?),
        })
    }

    async fn text(&self, pem: &str) -> Result<Arc<Anchors>, CaError> {
        let kept = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(anchors) = kept().get(pem) {
            return Ok(Arc::clone(anchors));
        }
        let more = Roots::read(pem)?;
        let anchors = Arc::new(Anchors::of(self.platform().await.roots.clone().with(more)));
        let mut kept = kept();
        // More texts than that are not seen in earnest, and any of them can be read again.
        if kept.len() == TEXTS {
            kept.clear();
        }
        kept.insert(pem.to_owned(), Arc::clone(&anchors));
        Ok(anchors)
    }

    async fn platform(&self) -> &Platform {
        let load = || async {
            let ca = self.ca.clone();
            // Some 150 files are read and parsed: milliseconds that no other call should wait for.
            let loaded = tokio::task::spawn_blocking(move || Roots::load(ca.as_deref())).await;
            let roots = loaded.unwrap_or_else(|_| Roots::none());
            Platform { anchors: Arc::new(Anchors::of(roots.clone())), roots }
        };
        self.platform.get_or_init(load).await
    }
}

#[cfg(test)]
mod tests {
    use rcgen::generate_simple_self_signed;

    use super::*;

    #[tokio::test]
    async fn a_text_is_read_once_and_as_many_are_kept_as_the_limit_says() {
        let trusted = Trusted::new(None);
        let pem = || generate_simple_self_signed(["a.test".to_owned()]).expect("a certificate").cert.pem();
        let first = pem();
        let anchors = async |pem: &str| trusted.text(pem).await.expect("a CA text");
        let (once, again) = (anchors(&first).await, anchors(&first).await);
        assert!(Arc::ptr_eq(&once, &again));
        for _ in 0..2 * TEXTS {
            drop(anchors(&pem()).await);
            assert!(trusted.texts.lock().expect("no panic").len() <= TEXTS);
        }
        assert!(trusted.text("no certificate").await.is_err());
    }
}
