//! The settings that most often explain what was seen, as each platform calls them: a table of data, a row a platform.

use ringfence_contract::outcome::Outcome;

use crate::judge::Case;

/// What to look at on one platform.
pub(super) struct Settings {
    /// The beginning of the names of its fingerprints.
    fingerprints: &'static str,
    /// Everybody gets in to a site.
    pub(super) site_open: &'static str,
    /// Everybody gets in to a site's second door, where its code is deployed.
    pub(super) deployment_open: &'static str,
    /// A caller came by a public address, and not from its subnet.
    pub(super) left_publicly: &'static str,
    /// A caller came by a public address that lies in no zone, and was refused.
    pub(super) refused_publicly: &'static str,
    /// A caller came from its subnet, and no rule admits it.
    pub(super) no_rule: &'static str,
    /// A name leads to the public door, and to a private one elsewhere.
    pub(super) public_name: &'static str,
}

/// Azure App Service and Functions. From its public documentation: "Azure App Service access restrictions", "Troubleshoot
/// virtual network integration", "Using private endpoints for App Service apps", "What is IP address 168.63.129.16?".
const AZURE: Settings = Settings {
    fingerprints: "azure",
    site_open: "the restriction is gone, or its default action is Allow: look at the access restrictions and \
         `ipSecurityRestrictionsDefaultAction` of the site, or at the firewall in front of it",
    deployment_open: "the SCM site has a rule list of its own (`scmIpSecurityRestrictions`) and its own default action: look at \
         those, or at `scmIpSecurityRestrictionsUseMain`",
    left_publicly: "the service endpoint is not in effect on the caller's subnet, or route-all is off, or a NAT stands in between",
    refused_publicly: "the address is in no zone: the service endpoint is not in effect on the caller's subnet, or route-all is \
         off or the VNet integration is missing",
    no_rule: "the service endpoint works, but no rule of the target matches this subnet: look which subnet its rules name",
    public_name: "link the private DNS zone to this vantage's network, or forward to 168.63.129.16",
};

/// Every other platform.
const OTHER: Settings = Settings {
    fingerprints: "",
    site_open: "the platform's access rules let everybody in: look at them, at their default, and at the firewall in front",
    deployment_open: "the deployment site has access rules of its own: look at those, and at their default",
    left_publicly: "the private way to the target is not in effect for the caller's subnet, or a NAT stands in between",
    refused_publicly: "the address is in no zone: the private way to the target is not in effect for the caller's subnet",
    no_rule: "the caller comes by the private way, but no rule of the target matches it: look which network its rules name",
    public_name: "let this vantage's network resolve the private name as the other does",
};

/// The settings to name for an edge: App Service's, unless another platform refused a call of this edge in its own words.
pub(super) fn settings(case: &Case<'_>) -> &'static Settings {
    let outcomes =
        case.attempts.iter().filter_map(|attempt| attempt.sample.as_ref().ok()).map(|sample| &sample.outcome);
    let is_other = |outcome: &Outcome| match outcome {
        Outcome::Forbidden(forbidden) => !forbidden.fingerprint.starts_with(AZURE.fingerprints),
        _ => false,
    };
    if outcomes.into_iter().any(is_other) { &OTHER } else { &AZURE }
}
