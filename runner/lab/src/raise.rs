//! Raises a seed topology on loopback addresses, sound or broken: its agents, its front end and its resolvers.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;
use ringfence_agent::answer::Proxies;
use ringfence_agent::call::MeansError;
use ringfence_agent::control::AgentSettings;
use ringfence_agent::perform::{Entry, Policy};
use ringfence_agent::serve::{self, Listen, Running, StartError, TlsListen};
use ringfence_contract::order::PublicKey;
use ringfence_contract::transport::Transport;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::breaks::Break;
use crate::certificates::{Authority, Identity};
use crate::front_end::{FrontEnd, Site};
use crate::layout::{Gone, Layout, SiteLayout};
use crate::names::Names;
use crate::topology::{FRONT_END, INTERNET, RESOLVER, Seed, Serves, TEST_VM, subnet};
use ringfence::dispatch::{LocalSettings, LocalVantage, Progress, Stage};

/// Why a lab could not be raised.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A loopback address could not be listened on.
    #[error(
        "the lab cannot listen on `{address}`: {source}; it needs all of 127.0.0.0/8, which Linux gives every process"
    )]
    Listen {
        /// The address.
        address: IpAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// An agent could not be started.
    #[error("the lab cannot start agent `{agent}`")]
    Agent {
        /// The agent.
        agent: String,
        /// What it said.
        source: StartError,
    },
    /// A certificate could not be made.
    #[error("the lab cannot make its certificates")]
    Certificate(#[from] rcgen::Error),
    /// The runner cannot call as the internet.
    #[error("the lab's internet vantage cannot call")]
    Local(#[from] MeansError),
    /// A certificate could not be served.
    #[error("the lab cannot serve its certificates")]
    Tls(#[from] rustls::Error),
}

/// A raised topology. It is gone when it is dropped.
pub struct Lab {
    inputs: Vec<(String, String)>,
    local: LocalVantage,
    /// Shared with the run's watcher, which ends an agent when a break says so.
    agents: Mutex<HashMap<&'static str, Running>>,
    gone: Option<(&'static str, Gone)>,
    _front_end: FrontEnd,
    _names: Names,
    _internet_names: Names,
}

impl Lab {
    /// Raises a seed's topology, broken or sound. Its agents take the orders of one key.
    ///
    /// # Errors
    ///
    /// [`LabError`], naming what could not be raised.
    pub async fn raise(seed: &Seed, broken: Option<&Break>, trust: PublicKey) -> Result<Self, LabError> {
        let mut layout = Layout::of(seed);
        if let Some(broken) = broken {
            (broken.does)(&mut layout);
        }
        let authority = Authority::new()?;
        let names = serve_names(&layout, false).await?;
        let internet_names = serve_names(&layout, layout.internet_resolver_fails).await?;

        let mut agents = HashMap::new();
        for (name, source) in &layout.agents {
            let settings = agent_settings(name, *source, &authority, names.address, trust)?;
            let running = ringfence_agent::serve::start(settings)
                .map_err(|source| LabError::Agent { agent: (*name).to_owned(), source })?;
            agents.insert(*name, running);
        }
        let front_end = serve_sites(&layout, &authority, &agents).await?;
        let local = LocalVantage::new(LocalSettings {
            sources: vec![INTERNET],
            resolver: Some(internet_names.address),
            ca: Some(authority.pem()),
            allow: vec![loopback()],
        })?;
        let inputs = inputs(seed, &layout, front_end.address, &agents);
        if let Some((agent, Gone::BeforeTheRun)) = layout.gone {
            agents.remove(agent);
        }
        Ok(Self {
            inputs,
            local,
            agents: Mutex::new(agents),
            gone: layout.gone,
            _front_end: front_end,
            _names: names,
            _internet_names: internet_names,
        })
    }

    /// The values of the scenario's inputs.
    #[must_use]
    pub fn inputs(&self) -> &[(String, String)] {
        &self.inputs
    }

    /// How the runner is the internet here.
    #[must_use]
    pub fn local(&self) -> &LocalVantage {
        &self.local
    }

    /// Hears how the run goes on, and does what a break does in the middle of one.
    pub fn hear(&self, progress: Progress) {
        if let (Progress::Begins(Stage::Reach, _), Some((agent, Gone::InTheRun))) = (progress, self.gone) {
            // Dropped, an agent closes its listeners and its connections at once.
            self.agents.lock().unwrap_or_else(PoisonError::into_inner).remove(agent);
        }
    }
}

/// An agent of the lab: it calls from its own address, and believes the front end about its callers.
fn agent_settings(
    name: &str,
    source: IpAddr,
    authority: &Authority,
    resolver: SocketAddr,
    trust: PublicKey,
) -> Result<serve::Settings, LabError> {
    let at = SocketAddr::new(source, 0);
    let mut listen = Listen { http: vec![at], ..Listen::default() };
    if name == TEST_VM {
        let Identity { certificate, key } = authority.issue(vec![at.ip().to_string()])?;
        listen.https = Some(TlsListen { addresses: vec![at], certificates: certificate, key });
    }
    let name = name.parse().expect("the lab's names are names");
    let agent = AgentSettings {
        policy: Policy::new(vec![Entry::network(loopback())]),
        resolver: Some(resolver),
        sources: vec![source],
        ca: Some(authority.pem()),
        proxies: Proxies::new(vec![IpNet::from(FRONT_END)]),
        ..AgentSettings::new(name, vec![trust])
    };
    Ok(serve::Settings { agent, listen })
}

async fn serve_names(layout: &Layout, fails: bool) -> Result<Names, LabError> {
    let known = layout.sites.iter().map(|site| (site.host.to_owned(), FRONT_END)).collect();
    let listen = |source| LabError::Listen { address: RESOLVER, source };
    Names::serve(RESOLVER, known, fails).await.map_err(listen)
}

fn loopback() -> IpNet {
    IpNet::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8).expect("8 is a prefix length")
}

async fn serve_sites(
    layout: &Layout,
    authority: &Authority,
    agents: &HashMap<&'static str, Running>,
) -> Result<FrontEnd, LabError> {
    let upstream = |serves| match serves {
        Serves::Agent(name) => agents.get(name).and_then(|agent| listener(agent, Transport::Http)),
        Serves::Scm => None,
    };
    let site = |site: &SiteLayout| {
        let behind = Site { upstream: upstream(site.serves), admits: site.admits.clone(), mood: site.mood };
        (site.host.to_owned(), behind)
    };
    let hosts = layout.sites.iter().map(|site| site.host.to_owned()).collect();
    let tls = acceptor(&authority.issue(hosts)?)?;
    let listen = |source| LabError::Listen { address: FRONT_END, source };
    let listener = TcpListener::bind((FRONT_END, 0)).await.map_err(listen)?;
    FrontEnd::serve(listener, tls, layout.sites.iter().map(site).collect()).map_err(listen)
}

fn acceptor(identity: &Identity) -> Result<TlsAcceptor, LabError> {
    let certificate =
        CertificateDer::from_pem_slice(identity.certificate.as_bytes()).expect("rcgen writes good PEM");
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("rcgen writes good PEM");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn listener(agent: &Running, transport: Transport) -> Option<SocketAddr> {
    agent.address(transport)
}

fn inputs(
    seed: &Seed,
    layout: &Layout,
    front_end: SocketAddr,
    agents: &HashMap<&'static str, Running>,
) -> Vec<(String, String)> {
    let host = |site: &SiteLayout| (site.input.to_owned(), format!("{}:{}", site.host, front_end.port()));
    let zone = |(input, of): &(&str, [u8; 4])| ((*input).to_owned(), subnet(*of).to_string());
    let vm = agents.get(TEST_VM).and_then(|vm| listener(vm, Transport::Https));
    let vm = vm.map(|address| ("vm_control".to_owned(), format!("https://{address}")));
    layout.sites.iter().map(host).chain(seed.subnets.iter().map(zone)).chain(vm).collect()
}
