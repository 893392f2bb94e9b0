//! Answers of the caller's own side: a sidecar, an egress firewall, a proxy that wants a login, a captive portal. They show
//! nothing of the endpoint. A table of data, with the public source of each row.
//!
//! The target may have the same product before it. So a row counts only where the server is not proved to be the endpoint's.

use crate::fingerprint::Row;

/// The statuses of a redirect (RFC 9110 section 15.4).
const REDIRECTS: &[u16] = &[301, 302, 303, 307, 308];

/// The rows, in the order they are looked at. Sources beside each.
pub(crate) const TABLE: &[Row] = &[
    // Statuses that origin servers do not send.
    // RFC 9110 section 15.5.8: a proxy asks its client for credentials.
    Row::status("proxy-login", &[407]),
    // RFC 6585 section 6: meant for intercepting proxies that control access to the network.
    Row::status("captive-portal", &[511]),
    // Egress firewalls and proxies.
    // Squid, src/errorpage.cc: on every error page that it makes itself.
    Row::header("squid", &[], "x-squid-error", None),
    // The same pages where that header is taken out: what Squid passes on keeps the name of the server it came from.
    Row::header("squid", &[403, 502, 503, 504], "server", Some("squid")),
    // Azure Firewall, "Deploy and configure: test the firewall", and http.dev/470: an application rule's denial.
    Row::body("azure-firewall", &[], "Action: Deny. Reason:"),
    // Azure Firewall answers 470 (http.dev/470), a status that nobody else is known to use.
    Row::status("azure-firewall", &[470]),
    // Zscaler help, "End user notifications": pages of the service carry its name as the server's.
    Row::header("zscaler", &[], "server", Some("Zscaler")),
    Row::header("zscaler", REDIRECTS, "location", Some("zscaler")),
    // Palo Alto Networks, PAN-OS administrator's guide, "URL filtering response pages": the default page.
    Row::body("palo-alto", &[], "has been blocked in accordance with company policy"),
    // Fortinet, FortiGate administration guide, "Replacement messages": the default page of its web filter.
    Row::body("fortigate", &[], "FortiGuard"),
    // Cisco Umbrella docs, "Block page": blocked names lead to its pages.
    Row::header("cisco-umbrella", REDIRECTS, "location", Some("opendns.com")),
    Row::header("cisco-umbrella", &[], "server", Some("Cisco Umbrella")),
    // Netskope docs, "User notification": blocked requests are sent to its tenant's host.
    Row::header("netskope", REDIRECTS, "location", Some("goskope.com")),
    // Sidecars.
    // Envoy, source/common/router/router.cc: what it answers when it got no answer itself.
    Row::body("envoy-upstream", &[503, 504], "upstream connect error or disconnect/reset before headers"),
    Row::body("envoy-upstream", &[503], "no healthy upstream"),
    // Istio docs, "Accessing external services": REGISTRY_ONLY sends what is not registered to BlackHoleCluster, with 502.
    Row::header("istio-registry-only", &[502], "server", Some("envoy")),
    // linkerd2-proxy, linkerd/app/core/src/errors/respond.rs: on every answer that the proxy makes itself.
    Row::header("linkerd", &[], "l5d-proxy-error", None),
    // Captive portals by where they send a caller.
    // Cisco Meraki documentation, "Splash page traffic flow".
    Row::header("meraki-splash", REDIRECTS, "location", Some("network-auth.com")),
    // HPE Aruba documentation, "Captive portal": the built-in portal's host.
    Row::header("aruba-portal", REDIRECTS, "location", Some("arubanetworks.com")),
    // Ubiquiti help, "UniFi hotspot portal": the path of its guests' pages.
    Row::header("unifi-portal", REDIRECTS, "location", Some("/guest/s/")),
    // Fortinet, "Captive portals": the path that its firewall authenticates at.
    Row::header("fortigate-portal", REDIRECTS, "location", Some("/fgtauth?")),
];
