//! Holds a seed's topology before it is raised. A break changes it there.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::front_end::Mood;
use crate::topology::{Seed, Serves, subnet};

/// A seed's topology before it is raised: what a break changes.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Each agent and the address it calls from.
    pub(crate) agents: Vec<(&'static str, IpAddr)>,
    pub(crate) sites: Vec<SiteLayout>,
    /// Whether the runner's own resolver fails.
    pub(crate) internet_resolver_fails: bool,
    /// An agent that is not there, and since when.
    pub(crate) gone: Option<(&'static str, Gone)>,
}

/// Since when an agent is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// It has not been there at all.
    BeforeTheRun,
    /// It ends when the edges are about to be tried.
    InTheRun,
}

#[derive(Debug)]
pub(crate) struct SiteLayout {
    pub(crate) input: &'static str,
    pub(crate) host: &'static str,
    pub(crate) serves: Serves,
    pub(crate) admits: Vec<IpNet>,
    pub(crate) mood: Mood,
}

impl Layout {
    pub(crate) fn of(seed: &Seed) -> Self {
        let agents = seed.agents.iter().map(|agent| (agent.name, IpAddr::from(agent.address))).collect();
        let sites = seed.sites.iter().map(|site| SiteLayout {
            input: site.input,
            host: site.host,
            serves: site.serves,
            admits: site.admits.iter().map(|of| subnet(*of)).collect(),
            mood: Mood::Normal,
        });
        Self { agents, sites: sites.collect(), internet_resolver_fails: false, gone: None }
    }

    /// The site whose host a scenario's input holds.
    pub(crate) fn site(&mut self, input: &str) -> &mut SiteLayout {
        self.sites.iter_mut().find(|site| site.input == input).expect("a break names a site of its seed")
    }

    /// The address an agent calls from.
    pub(crate) fn source(&mut self, agent: &str) -> &mut IpAddr {
        let agent = self.agents.iter_mut().find(|(name, _)| *name == agent);
        &mut agent.expect("a break names an agent of its seed").1
    }
}
