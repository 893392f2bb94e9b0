//! How a platform says "I refused this": a table of data, one row a platform.
//!
//! A fingerprint attributes a refusal. A bare `403` does not: a stopped app, an expired client certificate or the
//! app's own door says the same.

use serde::{Deserialize, Serialize};

/// The response header in which App Service's front end names the caller it refused, as it saw it.
/// Seen in captures: microsoft/clarity#1133 and Azure/static-web-apps#1666.
pub const FORBIDDEN_IP_HEADER: &str = "x-ms-forbidden-ip";

/// What a refusal in a platform's own words looks like. Every part that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fingerprint {
    /// The platform, as reports name it.
    pub name: String,
    /// The HTTP status, 100 to 599.
    pub status: u16,
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

struct Row {
    name: &'static str,
    status: u16,
    header: Option<&'static str>,
    header_contains: Option<&'static str>,
    body_contains: Option<&'static str>,
}

/// The platforms known by heart, most telling row first. Sources beside each row.
const TABLE: &[Row] = &[
    // microsoft/clarity#1133: status line and header from four networks; the header is on HEAD too.
    Row {
        name: "azure-app-service",
        status: 403,
        header: Some(FORBIDDEN_IP_HEADER),
        header_contains: None,
        body_contains: None,
    },
    // microsoft/azure-container-apps#835 and #527: Envoy's RBAC filter.
    Row {
        name: "envoy-rbac",
        status: 403,
        header: None,
        header_contains: None,
        body_contains: Some("RBAC: access denied"),
    },
    // Amazon API Gateway developer guide, "Gateway response types": ACCESS_DENIED carries this error type.
    Row {
        name: "aws-api-gateway",
        status: 403,
        header: Some("x-amzn-errortype"),
        header_contains: Some("AccessDenied"),
        body_contains: None,
    },
    // Google Cloud, "Troubleshoot Cloud Run issues": the front end's page for a caller without the invoker role.
    Row {
        name: "google-cloud-run",
        status: 403,
        header: Some("server"),
        header_contains: Some("Google Frontend"),
        body_contains: Some("Your client does not have permission to get URL"),
    },
];

/// The fingerprints known without a scenario's help.
#[must_use]
pub fn known() -> Vec<Fingerprint> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let row = |row: &Row| Fingerprint {
        name: row.name.to_owned(),
        status: row.status,
        header: owned(row.header),
        header_contains: owned(row.header_contains),
        body_contains: owned(row.body_contains),
    };
    TABLE.iter().map(row).collect()
}

impl Fingerprint {
    /// Whether a response bears this fingerprint. `header` looks up all values of a header by its lower-case name.
    #[must_use]
    pub fn matches(&self, status: u16, header: impl Fn(&str) -> Vec<String>, body: &str) -> bool {
        let body_holds = self.body_contains.as_ref().is_none_or(|part| body.contains(part.as_str()));
        body_holds && self.may_match(status, header)
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
        self.status == status && header_holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(status: u16, header: (&str, &'static str), body: &str) -> Option<String> {
        let found = |name: &str| (name == header.0).then(|| header.1.to_owned()).into_iter().collect();
        known().into_iter().find(|row| row.matches(status, found, body)).map(|row| row.name)
    }

    #[test]
    fn each_platform_is_known_by_its_own_words_and_a_bare_403_by_none() {
        assert_eq!(
            named(403, (FORBIDDEN_IP_HEADER, "203.0.113.9"), "").as_deref(),
            Some("azure-app-service")
        );
        assert_eq!(named(403, ("", ""), "RBAC: access denied").as_deref(), Some("envoy-rbac"));
        assert_eq!(
            named(403, ("x-amzn-errortype", "AccessDeniedException"), "").as_deref(),
            Some("aws-api-gateway")
        );
        assert_eq!(named(403, ("", ""), "Error 403 - This web app is stopped."), None);
        assert_eq!(named(200, (FORBIDDEN_IP_HEADER, "203.0.113.9"), ""), None);
    }
}
