//! How a platform says "I refused this": a table of data, one row a platform.
//!
//! A fingerprint attributes a refusal. A bare `403` does not: a stopped app, an expired client certificate or the
//! app's own door says the same.

use serde::{Deserialize, Serialize};

use crate::outcome::ToldKind;
use crate::{callers_side, not_denial, words};

/// The response header in which App Service's front end names the caller it refused, as it saw it.
/// Seen in captures: microsoft/clarity#1133 and Azure/static-web-apps#1666.
pub const FORBIDDEN_IP_HEADER: &str = "x-ms-forbidden-ip";

/// What an answer in somebody's own words looks like, and what it says. Every part that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fingerprint {
    /// Who or what it is, as reports name it.
    pub name: String,
    /// What an answer that bears it says.
    pub says: Says,
    /// What it rests on.
    pub by: Basis,
    /// The HTTP statuses, 100 to 599; empty means any.
    pub statuses: Vec<u16>,
    /// A response header that must be there, in lower case; its value, if it is an address, says whom the platform
    /// saw. Of a repeated header every line is looked at.
    pub header: Option<String>,
    /// What that header's value must contain.
    pub header_contains: Option<String>,
    /// What the first [`BODY_READ_BYTES`] of the body must contain.
    pub body_contains: Option<String>,
}

/// How much of a body is read to match a fingerprint: 16 KiB, eight times App Service's 1,892-byte page.
pub const BODY_READ_BYTES: usize = 16 * 1024;

words! {
    /// What an answer that bears a fingerprint says.
    Says {
        /// A platform refused this caller.
        Refused = "refused",
        /// Something refused, and not because of where the caller stands: a challenge, a login, a rule about the request.
        NotADenial = "not-a-denial",
        /// Something on the caller's side of the way answered.
        CallersSide = "callers-side",
    }
}

impl Says {
    /// The same of an answer that is told, and is no refusal of a platform.
    #[must_use]
    pub fn told(self) -> Option<ToldKind> {
        match self {
            Self::Refused => None,
            Self::NotADenial => Some(ToldKind::NotADenial),
            Self::CallersSide => Some(ToldKind::CallersSide),
        }
    }
}

words! {
    /// What a fingerprint rests on.
    Basis {
        /// A row known by heart that asks for a header.
        Header = "header",
        /// A row known by heart that asks for a text in the body alone: an application's own page may quote it.
        BodyAlone = "body-alone",
        /// A row of the scenario's own.
        Scenario = "scenario",
    }
}

/// A row of a table that is known by heart.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) statuses: &'static [u16],
    pub(crate) header: Option<&'static str>,
    pub(crate) header_contains: Option<&'static str>,
    pub(crate) body_contains: Option<&'static str>,
}

impl Row {
    /// A row that asks for a header with this in its value.
    pub(crate) const fn header(
        name: &'static str,
        statuses: &'static [u16],
        header: &'static str,
        contains: Option<&'static str>,
    ) -> Self {
        Self { name, statuses, header: Some(header), header_contains: contains, body_contains: None }
    }

    /// A row that asks for a text in the body.
    pub(crate) const fn body(name: &'static str, statuses: &'static [u16], contains: &'static str) -> Self {
        Self { name, statuses, header: None, header_contains: None, body_contains: Some(contains) }
    }

    /// A row that asks for a status that only one kind of sender may use.
    pub(crate) const fn status(name: &'static str, statuses: &'static [u16]) -> Self {
        Self { name, statuses, header: None, header_contains: None, body_contains: None }
    }

    /// The row with a text that the body must contain as well.
    pub(crate) const fn and_body(self, contains: &'static str) -> Self {
        Self { body_contains: Some(contains), ..self }
    }

    fn fingerprint(&self, says: Says) -> Fingerprint {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let alone = self.header.is_none() && self.body_contains.is_some();
        Fingerprint {
            name: self.name.to_owned(),
            says,
            by: if alone { Basis::BodyAlone } else { Basis::Header },
            statuses: self.statuses.to_vec(),
            header: owned(self.header),
            header_contains: owned(self.header_contains),
            body_contains: owned(self.body_contains),
        }
    }
}

/// The platforms known by heart, most telling row first. Sources beside each row.
const TABLE: &[Row] = &[
    // microsoft/clarity#1133: status line and header from four networks; the header is on HEAD too.
    Row::header("azure-app-service", &[403], FORBIDDEN_IP_HEADER, None),
    // Amazon API Gateway developer guide, "Access policy language overview": what a resource policy that denies explicitly says
    // to a caller who has not signed.
    Row::header("aws-api-gateway", &[403], "x-amzn-errortype", Some("AccessDenied"))
        .and_body("User: anonymous is not authorized to perform: execute-api:Invoke"),
    // microsoft/azure-container-apps#835 and #527: Envoy's RBAC filter.
    Row::body("envoy-rbac", &[403], "RBAC: access denied"),
];

/// The fingerprints known without a scenario's help: refusals first, then who answers on the caller's side, then what is
/// no denial. The first that fits counts.
#[must_use]
pub fn known() -> Vec<Fingerprint> {
    let tables = [
        (TABLE, Says::Refused),
        (callers_side::TABLE, Says::CallersSide),
        (not_denial::TABLE, Says::NotADenial),
    ];
    tables.into_iter().flat_map(|(rows, says)| rows.iter().map(move |row| row.fingerprint(says))).collect()
}

impl Fingerprint {
    /// Whether a response bears this fingerprint. `header` looks up all values of a header by its lower-case name.
    #[must_use]
    pub fn matches(&self, status: u16, header: impl Fn(&str) -> Vec<String>, body: &str) -> bool {
        let holds = |part: &String| match self.by {
            Basis::Scenario => body.contains(part.as_str()),
            // Pages are written by hand: with or without capitals.
            Basis::Header | Basis::BodyAlone => has_ignoring_case(body, part),
        };
        self.body_contains.as_ref().is_none_or(holds) && self.may_match(status, header)
    }

    /// Whether a response with this head bears this fingerprint, if its body does.
    #[must_use]
    pub fn may_match(&self, status: u16, header: impl Fn(&str) -> Vec<String>) -> bool {
        let header_holds = match (&self.header, &self.header_contains) {
            (None, _) => true,
            (Some(name), None) => !header(name).is_empty(),
            // Several lines are one list (RFC 9110 section 5.3), and a proxy may have written it as one.
            (Some(name), Some(part)) => header(name).join(", ").contains(part.as_str()),
        };
        let status_holds = self.statuses.is_empty() || self.statuses.contains(&status);
        status_holds && header_holds
    }
}

fn has_ignoring_case(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The row that an answer bears, and what it says.
    fn read(status: u16, header: (&str, &'static str), body: &str) -> Option<(String, Says, Basis)> {
        let found = |name: &str| (name == header.0).then(|| header.1.to_owned()).into_iter().collect();
        let row = known().into_iter().find(|row| row.matches(status, found, body))?;
        Some((row.name, row.says, row.by))
    }

    #[test]
    fn each_platform_is_known_by_its_own_words_and_a_bare_403_by_none() {
        for (status, header, body, name, by) in [
            (403, (FORBIDDEN_IP_HEADER, "203.0.113.9"), "", "azure-app-service", Basis::Header),
            (403, ("", ""), "RBAC: access denied", "envoy-rbac", Basis::BodyAlone),
            (403, ("x-amzn-errortype", "AccessDeniedException"), AWS, "aws-api-gateway", Basis::Header),
        ] {
            assert_eq!(read(status, header, body), Some((name.to_owned(), Says::Refused, by)), "{name}");
        }
        for (status, header, body) in [
            (403, ("", ""), "403 Forbidden"),
            (403, ("server", "nginx"), "<h1>Forbidden</h1>"),
            (403, ("server", "Google Frontend"), "Forbidden"),
            (404, (FORBIDDEN_IP_HEADER, "203.0.113.9"), ""),
            (200, ("", ""), "RBAC: access denied"),
            (502, ("server", "nginx"), ""),
        ] {
            assert_eq!(read(status, header, body), None, "{status} {header:?} {body}");
        }
    }

    const GOOGLE: &str = "Your client does not have permission to get URL";

    const AWS: &str =
        "{\"Message\":\"User: anonymous is not authorized to perform: execute-api:Invoke on resource: x\"}";

    #[test]
    fn a_refusal_that_says_what_it_is_is_no_denial() {
        for (status, header, body, name) in [
            (403, ("cf-mitigated", "challenge"), "", "cloudflare-challenge"),
            (503, ("cf-mitigated", "challenge"), "", "cloudflare-challenge"),
            (405, ("x-amzn-waf-action", "captcha"), "", "aws-waf-challenge"),
            (202, ("x-amzn-waf-action", "challenge"), "", "aws-waf-challenge"),
            (403, ("", ""), "Request unsuccessful. Incapsula incident ID: 1-2", "imperva"),
            (403, ("", ""), "<div class=\"g-recaptcha\"></div>", "captcha"),
            (403, ("", ""), "<div class=\"h-captcha\"></div>", "captcha"),
            (403, ("", ""), "<div class=\"cf-turnstile\"></div>", "turnstile"),
            (403, ("", ""), "Please enable Javascript to view the page", "script-required"),
            (403, ("refresh", "0; url=/check"), "", "sent-on"),
            (403, ("", ""), "<META HTTP-EQUIV=\"Refresh\" content=\"1;url=/login\">", "sent-on"),
            (403, ("", ""), "<script>window.location.replace('/x')</script>", "sent-on"),
            (403, ("", ""), "<form action=\"/oauth2/start?rd=/\">", "oauth2-proxy"),
            (403, ("", ""), "<p>Authentication required</p>", "jenkins-sign-in"),
            (403, ("", ""), "<altcha-widget>", "altcha"),
            (403, ("server", "Google Frontend"), GOOGLE, "google-cloud-run-role"),
            (403, ("x-amzn-errortype", "AccessDeniedException"), "", "aws-api-gateway-authorizer"),
            (403, ("", ""), "<h1>Forbidden</h1><p>CSRF verification failed.</p>", "django-csrf"),
            (403, ("", ""), "<h1>Blocked hosts: app.test</h1>", "rails-host"),
            (403, ("", ""), "Blocked request. This host (\"app.test\") is not allowed.", "vite-host"),
            (403, ("", ""), "Invalid Host header", "webpack-host"),
            (403, ("", ""), "<h2>HTTP Error 403.4 - Forbidden</h2>", "iis-tls-required"),
            (403, ("x-azure-ref", "20261128T"), "<h2>The request is blocked.</h2>", "azure-front-door-waf"),
            (
                403,
                ("", ""),
                "<center>Microsoft-Azure-Application-Gateway/v2</center>",
                "azure-application-gateway-waf",
            ),
            (
                403,
                ("", ""),
                "<title>IIS 10.0 Detailed Error - 403.16 - Forbidden</title>",
                "iis-client-certificate-untrusted",
            ),
            (
                400,
                ("", ""),
                "<center>No required SSL certificate was sent</center>",
                "nginx-client-certificate-required",
            ),
            (403, ("www-authenticate", "Bearer realm=\"app.test\""), "", "sign-in"),
            (403, ("", ""), "User \"system:anonymous\" cannot get path", "kubernetes-anonymous"),
            (403, ("", ""), "Error 403 - This web app is stopped.", "azure-app-stopped"),
            (403, ("retry-after", "60"), "", "rate-limit"),
        ] {
            let read = read(status, header, body).map(|(name, says, _)| (name, says));
            assert_eq!(read, Some((name.to_owned(), Says::NotADenial)), "{name}");
        }
    }

    #[test]
    fn an_answer_of_the_callers_side_is_known_for_one() {
        let blackholed = ("location", "https://gateway.zscaler.net/blocked");
        for (status, header, body, name) in [
            (407, ("", ""), "", "proxy-login"),
            (511, ("", ""), "", "captive-portal"),
            (403, ("x-squid-error", "ERR_ACCESS_DENIED 0"), "", "squid"),
            (403, ("server", "squid/6.13"), "", "squid"),
            (470, ("", ""), "", "azure-firewall"),
            (
                200,
                ("", ""),
                "HTTP request from: 10.0.0.4. Action: Deny. Reason: No rule matched.",
                "azure-firewall",
            ),
            (403, ("server", "Zscaler/6.2"), "", "zscaler"),
            (307, blackholed, "", "zscaler"),
            (
                503,
                ("", ""),
                "upstream connect error or disconnect/reset before headers. reset reason: x",
                "envoy-upstream",
            ),
            (502, ("server", "istio-envoy"), "", "istio-registry-only"),
            (502, ("l5d-proxy-error", "unexpected error"), "", "linkerd"),
            (302, ("location", "https://n1.network-auth.com/splash"), "", "meraki-splash"),
        ] {
            let read = read(status, header, body).map(|(name, says, _)| (name, says));
            assert_eq!(read, Some((name.to_owned(), Says::CallersSide)), "{name}");
        }
        assert_eq!(read(200, blackholed, ""), None, "a redirect is one by its status");
    }

    #[test]
    fn every_row_that_is_known_by_heart_tells_one_answer_from_others() {
        for row in known() {
            assert!(!row.name.is_empty() && row.by != Basis::Scenario, "{row:?}");
            let alone = row.header.is_none() && row.body_contains.is_none();
            let reserved = row.statuses.iter().all(|status| [407, 470, 511].contains(status));
            assert!(!alone || reserved && !row.statuses.is_empty(), "{row:?}");
            assert!(row.header_contains.is_none() || row.header.is_some(), "{row:?}");
            assert!(row.header.as_ref().is_none_or(|name| *name == name.to_ascii_lowercase()), "{row:?}");
            assert_eq!(
                row.by == Basis::BodyAlone,
                row.header.is_none() && row.body_contains.is_some(),
                "{row:?}"
            );
        }
    }
}
