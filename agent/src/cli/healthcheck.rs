//! `healthcheck`: one plain request to an agent on this host, for container platforms that run a command.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use ringfence_contract::address::Address;

use super::args::HealthcheckArgs;
use super::exit::{FAILED, print, refuse, say};
use super::listen;
use super::mistake::Mistake;

/// How long each step may take: platforms give a health check a few seconds.
const STEP_WITHIN: Duration = Duration::from_secs(2);

/// Enough for a status line: `HTTP/1.1 200`.
const STATUS_BYTES: u64 = 12;

/// Runs `healthcheck`.
pub(super) fn healthcheck(args: &HealthcheckArgs) -> ExitCode {
    let mut mistakes = Vec::new();
    let url = match &args.url {
        Some(url) => url.clone(),
        None => format!("http://127.0.0.1:{}/ready", listen::port(&args.port, &mut mistakes)),
    };
    let address = match url.parse::<Address>() {
        Ok(address) if address.transport.is_plain_http() => Some(address),
        Ok(address) => {
            let problem = format!("a health check goes over `http`, not `{}`", address.transport);
            mistakes.push(Mistake::new("URL", "", problem).next("ask one of the agent's plain listeners"));
            None
        }
        Err(error) => {
            mistakes.push(Mistake::new("URL", "", error).next("write `http://127.0.0.1:8080/ready`"));
            None
        }
    };
    let (Some(address), []) = (address, mistakes.as_slice()) else { return refuse(&mistakes) };
    match ask(&address) {
        Ok(status) if status == "HTTP/1.1 200" => print("ready\n", ExitCode::SUCCESS),
        Ok(status) => {
            say(&format!("error: not ready: `{url}` answers `{status}`\n"));
            ExitCode::from(FAILED)
        }
        Err(error) => {
            say(&format!("error: not ready: `{url}` does not answer: {error}\n"));
            ExitCode::from(FAILED)
        }
    }
}

fn ask(address: &Address) -> std::io::Result<String> {
    let host = address.host.to_string();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let to = (host, address.port).to_socket_addrs()?.next();
    let to = to.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::AddrNotAvailable))?;
    let mut stream = TcpStream::connect_timeout(&to, STEP_WITHIN)?;
    stream.set_read_timeout(Some(STEP_WITHIN))?;
    stream.set_write_timeout(Some(STEP_WITHIN))?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        address.path,
        address.authority()
    );
    stream.write_all(request.as_bytes())?;
    let mut status = Vec::new();
    stream.take(STATUS_BYTES).read_to_end(&mut status)?;
    Ok(String::from_utf8_lossy(&status).into_owned())
}
