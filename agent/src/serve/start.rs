//! Binds everything an agent answers on, then starts it: either all of it listens, or nothing runs.

use std::net::SocketAddr;
use std::sync::Arc;

use ringfence_contract::address::Family;
use ringfence_contract::reply::Listener;
use ringfence_contract::transport::Transport;
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpSocket, UdpSocket};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::accept::{Doors, Kind, accept};
use super::drain::Running;
use super::http::Routes;
use super::seldom::Seldom;
use super::settings::{Listen, Settings, TlsListen};
use crate::answer::answer_datagrams;
use crate::call::MeansError;
use crate::control::Agent;

/// How many connections may wait to be accepted: a full order of calls from each of two peers.
const BACKLOG: u32 = 4_096;

/// Why an agent does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("cannot listen for {transport} on `{address}`")]
    Listen {
        /// What would have been answered there.
        transport: Transport,
        /// The address as it was set.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The certificate chain cannot be read.
    #[error("the certificate chain is no PEM with a certificate in it")]
    Certificates(#[source] pem::Error),
    /// The private key cannot be read.
    #[error("the certificate's key is no PEM with an unencrypted private key in it")]
    Key(#[source] pem::Error),
    /// Certificate and key do not go together, or neither can be used.
    #[error("the certificate and its key cannot be used")]
    Identity(#[source] rustls::Error),
    /// What the agent would call with is not good.
    #[error(transparent)]
    Means(#[from] MeansError),
}

/// Room for two full orders of datagrams: 2 * 2,048 at about 1 KiB each, as the kernel counts them.
const DATAGRAM_BUFFER_BYTES: usize = 4 * 1_024 * 1_024;

enum Bound {
    Stream(TcpListener, Kind),
    Datagrams(UdpSocket),
}

/// Binds everything, and starts the agent. Call it inside a Tokio runtime.
///
/// # Errors
///
/// [`StartError`], naming what could not be done and where; nothing runs then.
pub fn start(settings: Settings) -> Result<Running, StartError> {
    let Settings { agent, listen } = settings;
    let mut bound = Vec::new();
    let mut listeners = Vec::new();
    for (transport, address, kind) in wanted(&listen)? {
        let failed = |source| StartError::Listen { transport, address, source };
        let (one, address) = match kind {
            Some(kind) => bind_stream(address, kind).map_err(failed)?,
            None => bind_datagrams(address).map_err(failed)?,
        };
        bound.push(one);
        listeners.push(Listener { transport, address });
    }
    let agent = Agent::new(agent, listeners.clone())?;
    let open = agent.limits().connections_at_once.max(1) as usize;
    let doors = Arc::new(Doors {
        routes: Routes::new(Arc::clone(&agent)),
        agent,
        open: Arc::new(Semaphore::new(open)),
        tasks: TaskTracker::new(),
        close: CancellationToken::new(),
        abort: CancellationToken::new(),
        crowd: Seldom::default(),
    });
    for one in bound {
        let held = Arc::clone(&doors);
        match one {
            Bound::Stream(listener, kind) => doors.tasks.spawn(accept(listener, kind, held)),
            Bound::Datagrams(socket) => doors.tasks.spawn(async move {
                answer_datagrams(held.agent.answerer(), &socket, &held.close).await;
            }),
        };
    }
    Ok(Running::new(doors, listeners))
}

type Wanted = (Transport, SocketAddr, Option<Kind>);

fn wanted(listen: &Listen) -> Result<Vec<Wanted>, StartError> {
    let http = listen.http.iter().map(|address| (Transport::Http, *address, Some(Kind::Http)));
    let mut wanted: Vec<Wanted> = http.collect();
    if let Some(https) = &listen.https {
        let kind = Kind::Https(TlsAcceptor::from(Arc::new(identity(https)?)));
        let https = https.addresses.iter().map(|address| (Transport::Https, *address, Some(kind.clone())));
        wanted.extend(https);
    }
    wanted.extend(listen.tcp.iter().map(|address| (Transport::Tcp, *address, Some(Kind::Line))));
    wanted.extend(listen.udp.iter().map(|address| (Transport::Udp, *address, None)));
    Ok(wanted)
}

fn bind_stream(address: SocketAddr, kind: Kind) -> std::io::Result<(Bound, SocketAddr)> {
    let socket = match Family::of(address.ip()) {
        Family::Ipv4 => TcpSocket::new_v4()?,
        Family::Ipv6 => TcpSocket::new_v6()?,
    };
    // An agent that restarts must not wait for its predecessor's connections to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok((Bound::Stream(listener, kind), address))
}

fn bind_datagrams(address: SocketAddr) -> std::io::Result<(Bound, SocketAddr)> {
    let socket = std::net::UdpSocket::bind(address)?;
    // As much as the system allows: a datagram that finds no room is lost without a receipt.
    socket2::SockRef::from(&socket).set_recv_buffer_size(DATAGRAM_BUFFER_BYTES)?;
    socket.set_nonblocking(true)?;
    let socket = UdpSocket::from_std(socket)?;
    let address = socket.local_addr()?;
    Ok((Bound::Datagrams(socket), address))
}

fn identity(listen: &TlsListen) -> Result<ServerConfig, StartError> {
    let chain = CertificateDer::pem_slice_iter(listen.certificates.as_bytes());
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(StartError::Certificates)?;
    if chain.is_empty() {
        return Err(StartError::Certificates(pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_slice(listen.key.as_bytes()).map_err(StartError::Key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(StartError::Identity)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
