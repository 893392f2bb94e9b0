//! The front end's sites as data: host, doors, restrictions, and what serves them. It must not know nginx's grammar
//! beyond single directives.

/// A certificate that a site may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// The platform's wildcard: every site's, and good.
    Wildcard,
    /// The same names, expired.
    Expired,
    /// Good, for another name.
    WrongName,
    /// The right names, from an authority that nobody trusts.
    Untrusted,
}

impl Certificate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Wildcard, Self::Expired, Self::WrongName, Self::Untrusted];

    /// Its file's stem.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Wildcard => "wildcard",
            Self::Expired => "expired",
            Self::WrongName => "wrong-name",
            Self::Untrusted => "untrusted",
        }
    }
}

/// What serves a site's admitted requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serves {
    /// An app's worker, by its address and port.
    Worker(&'static str),
    /// The platform itself, with this status and text.
    Status(u16, &'static str),
}

/// A site of the front end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// What it is called here.
    pub name: &'static str,
    /// Its host name; empty for the one that takes what no other does.
    pub host: &'static str,
    /// The addresses and ports it listens on, as `listen` takes them.
    pub doors: Vec<String>,
    /// Its certificate, where it speaks TLS.
    pub certificate: Certificate,
    /// Its access restrictions, as `allow` and `deny` directives; the first that fits decides, and at the end nobody is
    /// let in.
    pub restrictions: Vec<String>,
    /// What happens to a caller that no restriction speaks of.
    pub otherwise: &'static str,
    /// What serves those who are let in.
    pub serves: Serves,
    /// How a refusal is said: with the platform's header, or without.
    pub refusal: Serves,
    /// Whether a refusal names the caller in `x-ms-forbidden-ip`.
    pub names_caller: bool,
    /// Directives of its own, beside its location.
    pub server: Vec<String>,
    /// Directives of its own, in its location.
    pub location: Vec<String>,
    /// Whole locations of its own, before the others.
    pub locations: Vec<String>,
}

impl Site {
    /// Lets everybody in: no restriction is left.
    pub fn open(&mut self) {
        self.restrictions.clear();
        self.otherwise = "allow all";
    }

    /// Lets these networks in, before its other restrictions.
    pub fn admit(&mut self, network: &str) {
        self.restrictions.insert(0, format!("allow {network}"));
    }
}

const DEFAULT: [&str; 2] = ["10.0.0.0/24", "2001:db8:10::/64"];
const APP_1: [&str; 2] = ["10.0.1.0/24", "2001:db8:10:1::/64"];
const APP_2: [&str; 2] = ["10.0.2.0/24", "2001:db8:10:2::/64"];

/// The workers: where each app listens behind the front end.
pub const WORKERS: [&str; 3] = ["10.200.0.11:8080", "10.200.0.12:8080", "10.200.0.13:8080"];

/// What App Service's front end says to a caller it refuses, shortened to what makes it known: the title and the two
/// sentences of the page (captures: microsoft/clarity#1133).
const REFUSAL: Serves = Serves::Status(
    403,
    "<title>Web App - Unavailable</title><h1 id=unavailable>Error 403 - Forbidden</h1>\
     <p id=tryAgain>The web app you have attempted to reach has blocked your access.</p>",
);

fn site(name: &'static str, host: &'static str, port: u16, serves: Serves) -> Site {
    let tls = if port == 80 { "" } else { " ssl" };
    let address = |address| format!("{address}:{port}{tls}");
    Site {
        name,
        host,
        doors: vec![address("198.51.100.10"), address("[2001:db8:51::10]")],
        certificate: Certificate::Wildcard,
        restrictions: Vec::new(),
        otherwise: "deny all",
        serves,
        refusal: REFUSAL,
        names_caller: true,
        server: Vec::new(),
        location: Vec::new(),
        locations: Vec::new(),
    }
}

fn admitting(mut site: Site, networks: &[[&str; 2]]) -> Site {
    site.restrictions = networks.iter().flatten().map(|network| format!("allow {network}")).collect();
    site
}

/// What every vantage reaches, at each port where some must meet a silence.
fn beacon() -> Site {
    let mut beacon = site("beacon", "beacon.azurewebsites.test", 443, Serves::Status(200, "beacon"));
    let further = ["5432 ssl", "8080 ssl", "8443 ssl", "80"];
    beacon.doors.extend(further.map(|door| format!("198.51.100.10:{door}")));
    beacon.otherwise = "allow all";
    beacon
}

/// The sites of the sound network.
pub(super) fn sites() -> Vec<Site> {
    let [app_1, app_2, app_3] = ["app-1", "app-2", "app-3"];
    let hosts = ["app-1.azurewebsites.test", "app-2.azurewebsites.test", "app-3.azurewebsites.test"];
    let [one, two, three] = WORKERS.map(Serves::Worker);
    let scm = || Serves::Status(401, "401 Unauthorized");
    let mut private = site("app-3 private", hosts[2], 443, three.clone());
    private.doors = vec!["10.0.3.4:443 ssl".to_owned()];
    private.otherwise = "allow all";
    let mut nowhere = site("bare", "", 443, Serves::Status(404, "404 Web Site not found"));
    nowhere.doors.iter_mut().for_each(|door| door.push_str(" default_server"));
    vec![
        beacon(),
        admitting(site(app_1, hosts[0], 443, one.clone()), &[APP_2, DEFAULT]),
        admitting(
            site("app-1 plain", hosts[0], 80, Serves::Status(301, "https://app-1.azurewebsites.test/")),
            &[APP_2, DEFAULT],
        ),
        admitting(site("app-1 admin", hosts[0], 8443, one), &[DEFAULT]),
        admitting(site("app-1 scm", "app-1.scm.azurewebsites.test", 443, scm()), &[DEFAULT]),
        admitting(
            site("app-1 staging", "app-1-staging.azurewebsites.test", 443, Serves::Status(200, "staging")),
            &[DEFAULT],
        ),
        admitting(site(app_2, hosts[1], 443, two), &[APP_1, DEFAULT]),
        admitting(site("app-2 scm", "app-2.scm.azurewebsites.test", 443, scm()), &[DEFAULT]),
        // Its public side is closed to everybody; through its private endpoint no restriction is looked at.
        site(app_3, hosts[2], 443, three),
        private,
        nowhere,
    ]
}
