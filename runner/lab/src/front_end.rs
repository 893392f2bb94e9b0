//! Stands in for App Service's multi-tenant front end.
//!
//! It completes TCP and TLS for everybody. Then it compares the caller's address with the site's access restrictions. It
//! passes the request on, or it answers `403` and says which address it saw.
//!
//! The refusal has the form of `azure-app-service` in the contract's table of fingerprints. The page is ours, with the
//! markers of the real one: its title, and the identifiers of its `h1` and `p`.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HOST, SERVER, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use ringfence_contract::fingerprint::FORBIDDEN_IP_HEADER;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// The most of a request's or a response's body that is passed on, in bytes.
const BODY_MAX_BYTES: usize = 64 * 1024 * 1024;

const FORBIDDEN_PAGE: &str = r#"<!DOCTYPE html>
<html><head><title>Web App - Unavailable</title></head><body>
<h1 id="unavailable">Error 403 - Forbidden</h1>
<p id="tryAgain">This front end of the Ringfence lab does not admit the address you call from.</p>
</body></html>
"#;

const STOPPED_PAGE: &str = r#"<!DOCTYPE html>
<html><head><title>Web App - Unavailable</title></head><body>
<h1 id="unavailable">Error 403 - This web app is stopped.</h1>
</body></html>
"#;

/// A site behind the front end.
#[derive(Debug)]
pub(crate) struct Site {
    /// Where its requests go; none for a deployment site, which answers itself.
    pub(crate) upstream: Option<SocketAddr>,
    /// Whom it admits.
    pub(crate) admits: Vec<IpNet>,
    /// How it is today.
    pub(crate) mood: Mood,
}

/// How a site is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should be.
    Normal,
    /// Stopped: everybody gets a 403 that says so, without the refusal's header.
    Stopped,
    /// It takes the request and says nothing.
    Silent,
    /// A portal answers 200 to everybody.
    Portal,
    /// It takes a caller's address from the caller's own word.
    Believing,
    /// Every third request of a caller it should refuse gets in.
    OpenOneInThree,
}

/// A running front end. It ends when it is dropped.
pub(crate) struct FrontEnd {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for FrontEnd {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Sites {
    by_host: HashMap<String, Site>,
    /// How many requests each site has had from each caller.
    counts: Mutex<HashMap<(String, IpAddr), u32>>,
    /// The address it calls its workers from.
    own: IpAddr,
}

impl FrontEnd {
    /// Serves these sites, by host name without port, on a listener.
    pub(crate) fn serve(
        listener: TcpListener,
        tls: TlsAcceptor,
        sites: HashMap<String, Site>,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let sites = Arc::new(Sites { by_host: sites, counts: Mutex::default(), own: address.ip() });
        let task = tokio::spawn(async move {
            // Dropped with this task, and every connection with it.
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        if let Ok((stream, caller)) = accepted {
                            connections.spawn(converse(stream, caller, tls.clone(), Arc::clone(&sites)));
                        }
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self { address, task })
    }
}

async fn converse(stream: TcpStream, caller: SocketAddr, tls: TlsAcceptor, sites: Arc<Sites>) {
    // As front ends do: else an answer waits until the session tickets before it are acknowledged (RFC 896), 40 ms later.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(stream) = tls.accept(stream).await else { return };
    let service = service_fn(|request| {
        let sites = Arc::clone(&sites);
        async move { Ok::<_, Infallible>(sites.answer(request, caller).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // A caller that breaks off is the caller's affair.
    drop(served);
}

impl Sites {
    async fn answer(&self, request: Request<Incoming>, caller: SocketAddr) -> Response<Full<Bytes>> {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
        let Some(site) = self.by_host.get(&name) else {
            return page(StatusCode::NOT_FOUND, "404 Web Site not found.\n");
        };
        match site.mood {
            Mood::Silent => std::future::pending().await,
            Mood::Stopped => return page(StatusCode::FORBIDDEN, STOPPED_PAGE),
            Mood::Portal => {
                return page(StatusCode::OK, "<html><title>Welcome</title>Please sign in.</html>\n");
            }
            Mood::Normal | Mood::Believing | Mood::OpenOneInThree => {}
        }
        let source = match site.mood {
            Mood::Believing => says_it_comes_from(&request).unwrap_or(caller.ip()),
            _ => caller.ip(),
        };
        let admitted = site.admits.iter().any(|network| network.contains(&source));
        let slips_in = || site.mood == Mood::OpenOneInThree && self.is_third(name, caller.ip());
        if !(admitted || slips_in()) {
            return forbidden(source);
        }
        match site.upstream {
            Some(upstream) => self.pass_on(request, upstream, caller).await.unwrap_or_else(|error| {
                page(StatusCode::BAD_GATEWAY, &format!("502 - the worker did not answer: {error}\n"))
            }),
            None => deployment_site(),
        }
    }

    fn is_third(&self, site: String, caller: IpAddr) -> bool {
        let mut counts = self.counts.lock().expect("no holder panics");
        let count = counts.entry((site, caller)).or_default();
        *count += 1;
        count.is_multiple_of(3)
    }

    async fn pass_on(
        &self,
        request: Request<Incoming>,
        upstream: SocketAddr,
        caller: SocketAddr,
    ) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let (mut parts, body) = request.into_parts();
        let body = Limited::new(body, BODY_MAX_BYTES).collect().await?.to_bytes();
        let seen = HeaderValue::from_str(&caller.to_string())?;
        parts.headers.append("x-forwarded-for", seen.clone());
        parts.headers.insert("client-ip", seen);

        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(self.own, 0))?;
        let stream = TokioIo::new(socket.connect(upstream).await?);
        let (mut worker, connection) = hyper::client::conn::http1::handshake(stream).await?;
        let connection = tokio::spawn(connection);
        let response = worker.send_request(Request::from_parts(parts, Full::new(body))).await?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, BODY_MAX_BYTES).collect().await?.to_bytes();
        connection.abort();
        Ok(Response::from_parts(parts, Full::new(body)))
    }
}

fn says_it_comes_from(request: &Request<Incoming>) -> Option<IpAddr> {
    request.headers().get("x-forwarded-for")?.to_str().ok()?.trim().parse().ok()
}

fn page(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response.headers_mut().insert(SERVER, HeaderValue::from_static("ringfence-lab"));
    response
}

fn forbidden(caller: IpAddr) -> Response<Full<Bytes>> {
    let mut response = page(StatusCode::FORBIDDEN, FORBIDDEN_PAGE);
    response.extensions_mut().insert(ReasonPhrase::from_static(b"Ip Forbidden"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    if let Ok(seen) = HeaderValue::from_str(&caller.to_string()) {
        response.headers_mut().insert(FORBIDDEN_IP_HEADER, seen);
    }
    response
}

fn deployment_site() -> Response<Full<Bytes>> {
    let mut response = page(StatusCode::UNAUTHORIZED, "401 Unauthorized\n");
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"site\""));
    response
}
