//! A loop of `curl`, called at every vantage for every edge, and two ways to read what it prints: its codes alone, and
//! everything that could tell a refusal from something else.

use ringfence::scenario::Expect;
use ringfence_contract::address::Family;
use ringfence_tests::topology::Topology;

use super::cells::{Cell, Expected};
use super::pool::each;
use super::vantage::at_vantage;

/// How many run at once. Most of them wait for a silent door.
const AT_ONCE: usize = 32;

/// What one call printed.
#[derive(Debug)]
pub(crate) struct Seen {
    exit: i32,
    body: String,
    status: u16,
    /// The address it connected to, if it did.
    address: String,
    /// The caller as the platform's refusal names him.
    forbidden: String,
}

/// It did not connect (`curl(1)`, "EXIT CODES").
const UNCONNECTED: i32 = 7;
/// Its time was over.
const OUT_OF_TIME: i32 = 28;
/// It connected, and there was no TLS.
const NO_TLS: i32 = 35;

/// Calls every edge, and gives for each what its calls printed.
pub(crate) fn look(topology: &Topology, cells: &[Cell]) -> Vec<Vec<Seen>> {
    let asked = |cell: &Cell| if cell.expected == Expected::Nothing { 0 } else { cell.attempts() };
    let jobs: Vec<&Cell> = cells.iter().flat_map(|cell| std::iter::repeat_n(cell, asked(cell))).collect();
    let mut seen = each(&jobs, AT_ONCE, |cell| call(topology, cell)).into_iter();
    cells.iter().map(|cell| seen.by_ref().take(asked(cell)).collect()).collect()
}

/// Reads the codes alone: the HTTP status, `000` where there was none, and whether a bare connection stood.
pub(crate) fn codes(cell: &Cell, seen: &Seen) -> bool {
    match cell.expected {
        Expected::Status(status) => seen.status == status,
        Expected::Forbidden => seen.status == 403,
        Expected::Open => !seen.address.is_empty(),
        Expected::Closed if cell.url.starts_with("tcp:") => seen.address.is_empty(),
        Expected::Closed => seen.status == 0,
        Expected::Nothing => true,
    }
}

/// Reads all that it printed as well: what the answer says, where it connected to, whom the refusal names, and how it ended
/// without an answer.
pub(crate) fn everything(cell: &Cell, seen: &Seen) -> bool {
    let led = cell.leads_to.is_none_or(|address| seen.address == address);
    let more = match cell.expected {
        Expected::Status(_) => led && cell.body().is_none_or(|body| seen.body.trim_end() == body),
        Expected::Forbidden => led && !seen.forbidden.is_empty(),
        // A name that does not resolve ends otherwise, and so does a connection that stands and says nothing.
        Expected::Closed => match seen.exit {
            UNCONNECTED | NO_TLS => true,
            exit => exit == OUT_OF_TIME && seen.address.is_empty(),
        },
        Expected::Open | Expected::Nothing => true,
    };
    codes(cell, seen) && more
}

fn call(topology: &Topology, cell: &Cell) -> Seen {
    let mut command = at_vantage(topology, cell.place, "curl");
    command.args(["--silent", "--noproxy", "*", "--cacert", "ca.pem"]);
    command.arg(if cell.edge.family == Family::Ipv4 { "--ipv4" } else { "--ipv6" });
    // Up to the connection and with all the rest: the scenario's timeouts of the phases that there are, added up.
    let (connecting, all) = cell.seconds();
    command.args(["--connect-timeout", &connecting.to_string(), "--max-time", &all.to_string()]);
    command.args(["--request", cell.method()]);
    if cell.edge.expect == Expect::Deny {
        // A bad certificate must not hide an open door.
        command.arg("--insecure");
    }
    command.args(["--write-out", "\n%{http_code}|%{remote_ip}|%header{x-ms-forbidden-ip}|"]);
    let output = command.arg(cell.url.replace("tcp://", "telnet://")).output().expect("`sh` can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    let (body, words) = said.rsplit_once('\n').unwrap_or_default();
    let mut words = words.split('|').map(str::to_owned);
    let mut word = || words.next().unwrap_or_default();
    let status = word().parse();
    let status = status.unwrap_or_else(|_| panic!("curl: {said}{}", String::from_utf8_lossy(&output.stderr)));
    let exit = output.status.code().unwrap_or(-1);
    Seen { exit, body: body.to_owned(), status, address: word(), forbidden: word() }
}
