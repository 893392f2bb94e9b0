//! The headers of a call that says it comes from elsewhere: all that proxies, content networks and frameworks are known to
//! read a caller's address from, and those that App Service's own rules can ask for. A table of data, with its sources.

use std::net::IpAddr;

use http::HeaderName;
use http::request::Builder;
use ringfence_contract::address::Address;
use ringfence_contract::spoof::Spoof;

/// How a header says it.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// The forged address alone.
    Address,
    /// The forged address with a port: `10.0.0.4:443`, `[2001:db8::4]:443`.
    AddressAndPort,
    /// `for=`, and the forged address as a node (RFC 7239 section 6).
    Node,
    /// The endpoint's own host.
    Host,
    /// Always the same.
    Always(&'static str),
}

/// Which headers a forged call has. Sources beside each group.
const TABLE: &[(&str, Form)] = &[
    // RFC 7239, and what it replaces: HAProxy's `option forwardfor`, Envoy, Traefik, the load balancers of AWS and Google
    // Cloud.
    ("forwarded", Form::Node),
    ("x-forwarded-for", Form::Address),
    // Misspellings that libraries look for beside it (npm `request-ip`, "How it works").
    ("x-forwarded", Form::Address),
    ("forwarded-for", Form::Address),
    // nginx, ngx_http_realip_module (`real_ip_header`, default X-Real-IP); Traefik, Rails and Spring read it as well.
    ("x-real-ip", Form::Address),
    // App Service's front end, Citrix ADC's default, Rails' `ActionDispatch::RemoteIp`, PHP's HTTP_CLIENT_IP.
    ("client-ip", Form::Address),
    // Apache mod_remoteip's own example (`RemoteIPHeader X-Client-IP`).
    ("x-client-ip", Form::Address),
    // Azure Front Door, "Protocol support for HTTP headers".
    ("x-azure-clientip", Form::Address),
    ("x-azure-socketip", Form::Address),
    // App Service access restrictions, "Filter by http header": the rules' own headers. The endpoint's host, the probe's one
    // value, and an identifier that some rules only ask to be there.
    ("x-forwarded-host", Form::Host),
    ("x-fd-healthprobe", Form::Always("1")),
    ("x-azure-fdid", Form::Always("00000000-0000-0000-0000-000000000000")),
    // ASP.NET Core, Forwarded Headers Middleware: the address before the one it took.
    ("x-original-for", Form::Address),
    // Kubernetes ingress-nginx, ConfigMap: what a client sent as X-Forwarded-For.
    ("x-original-forwarded-for", Form::Address),
    // AD FS, "Configure extranet lockout": the web application proxy's.
    ("x-ms-forwarded-client-ip", Form::Address),
    // Akamai, and Cloudflare, "HTTP request headers".
    ("true-client-ip", Form::Address),
    ("cf-connecting-ip", Form::Address),
    ("cf-connecting-ipv6", Form::Address),
    ("cf-pseudo-ipv4", Form::Address),
    // Fastly, "Fastly-Client-IP"; Fly, "Request headers"; DigitalOcean App Platform; Netlify, "Request headers".
    ("fastly-client-ip", Form::Address),
    ("fly-client-ip", Form::Address),
    ("do-connecting-ip", Form::Address),
    ("x-nf-client-connection-ip", Form::Address),
    // Vercel, "Request headers".
    ("x-vercel-forwarded-for", Form::Address),
    ("x-vercel-proxied-for", Form::Address),
    // Imperva and Sucuri, how origins see the visitor; Alibaba Cloud CDN and Tencent EdgeOne, the same.
    ("incap-client-ip", Form::Address),
    ("x-sucuri-clientip", Form::Address),
    ("ali-cdn-real-ip", Form::Address),
    ("cdn-src-ip", Form::Address),
    ("eo-connecting-ip", Form::Address),
    // Amazon CloudFront, "Add CloudFront request headers": with the port.
    ("cloudfront-viewer-address", Form::AddressAndPort),
    // Google App Engine, "Request headers and responses".
    ("x-appengine-user-ip", Form::Address),
    ("x-appengine-remote-addr", Form::Address),
    ("x-proxyuser-ip", Form::Address),
    // Envoy, "HTTP header manipulation": who it took the caller for, and that it took it for an internal one.
    ("x-envoy-external-address", Form::Address),
    ("x-envoy-internal", Form::Always("true")),
    // Rackspace and Riverbed load balancers.
    ("x-cluster-client-ip", Form::Address),
    // Oracle WebLogic's proxy plug-ins.
    ("wl-proxy-client-ip", Form::Address),
    ("proxy-client-ip", Form::Address),
    // Further names that applications read (OWASP, "Testing for HTTP incoming requests"; Burp's "403 bypass" lists).
    ("x-originating-ip", Form::Address),
    ("x-remote-ip", Form::Address),
    ("x-remote-addr", Form::Address),
    ("remote-addr", Form::Address),
    ("x-source-ip", Form::Address),
    ("x-trusted-ip", Form::Address),
    // What frameworks and rule sets have been seen to read (OWASP, "Web Security Testing Guide", testing for bypassing
    // authorization; PortSwigger, "Bypassing access controls with request headers").
    ("x-custom-ip-authorization", Form::Address),
    ("x-forward-for", Form::Address),
    ("x-http-client-ip", Form::Address),
    ("x-real-client-ip", Form::Address),
    ("x-true-client-ip", Form::Address),
    ("x-true-ip", Form::Address),
    ("x-remote-address", Form::Address),
    ("x-ip", Form::Address),
];

/// The request with all that says that it comes from elsewhere. What the scenario adds replaces a row of the same name.
pub(super) fn forge(builder: Builder, to: &Address, spoof: &Spoof) -> Builder {
    let added = |name: &str| spoof.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let known = TABLE.iter().filter(|(name, _)| spoof.known.has(name) && !added(name));
    let builder = known.fold(builder, |builder, (name, form)| {
        builder.header(HeaderName::from_static(name), form.value(to, spoof.source))
    });
    let own = spoof.headers.iter();
    own.fold(builder, |builder, (name, value)| builder.header(name, value))
}

impl Form {
    fn value(self, to: &Address, source: IpAddr) -> String {
        match (self, source) {
            (Self::Address, _) => source.to_string(),
            (Self::AddressAndPort, IpAddr::V4(v4)) => format!("{v4}:443"),
            (Self::AddressAndPort, IpAddr::V6(v6)) => format!("[{v6}]:443"),
            (Self::Node, IpAddr::V4(v4)) => format!("for={v4}"),
            (Self::Node, IpAddr::V6(v6)) => format!("for=\"[{v6}]\""),
            (Self::Host, _) => to.authority(),
            (Self::Always(text), _) => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use http::{HeaderValue, Request};

    use ringfence_contract::spoof::Known;

    use super::*;

    fn forged(spoof: &Spoof) -> BTreeMap<String, String> {
        let to = "https://app.test:8443/x".parse().expect("an address");
        let request = forge(Request::builder(), &to, spoof).body(()).expect("a request");
        let pair = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.to_string(), value.to_str().expect("text").to_owned())
        };
        assert_eq!(request.headers().len(), request.headers().keys_len(), "no header twice");
        request.headers().iter().map(pair).collect()
    }

    #[test]
    fn every_header_that_is_known_to_be_believed_says_where_the_call_comes_from() {
        for (source, node, with_port) in
            [("10.0.1.4", "for=10.0.1.4", "10.0.1.4:443"), ("fd00::4", "for=\"[fd00::4]\"", "[fd00::4]:443")]
        {
            let address: IpAddr = source.parse().expect("an address");
            let said = forged(&address.into());
            assert_eq!(said.len(), TABLE.len());
            for name in ["x-forwarded-for", "x-real-ip", "client-ip", "wl-proxy-client-ip", "fly-client-ip"] {
                assert_eq!(said[name], source, "{name}");
            }
            assert_eq!(
                (said["forwarded"].as_str(), said["cloudfront-viewer-address"].as_str()),
                (node, with_port)
            );
            assert_eq!(
                (said["x-forwarded-host"].as_str(), said["x-fd-healthprobe"].as_str()),
                ("app.test:8443", "1")
            );
        }
    }

    #[test]
    fn a_scenarios_own_header_stands_beside_the_others_or_for_one_of_them() {
        let headers = vec![
            ("X-Azure-FDID".to_owned(), "11111111-2222-3333-4444-555555555555".to_owned()),
            ("x-our-gateway".to_owned(), "inside".to_owned()),
        ];
        let said = forged(&Spoof { headers, ..Spoof::from(IpAddr::from([10, 0, 1, 4])) });
        assert_eq!(said.len(), TABLE.len() + 1);
        assert_eq!(said["x-azure-fdid"], "11111111-2222-3333-4444-555555555555");
        assert_eq!(said["x-our-gateway"], "inside");
    }

    #[test]
    fn what_most_believe_is_said_alone_beside_what_the_scenario_adds() {
        let headers = vec![("x-our-gateway".to_owned(), "inside".to_owned())];
        for known in Known::ALONE {
            let headers = headers.clone();
            let said = forged(&Spoof { known, headers, ..Spoof::from(IpAddr::from([10, 0, 1, 4])) });
            let names: BTreeSet<&str> = said.keys().map(String::as_str).collect();
            assert_eq!(names, BTreeSet::from([known.as_str(), "x-our-gateway"]));
        }
    }

    #[test]
    fn a_forged_request_is_one_that_front_ends_take() {
        // Apache's LimitRequestFields and Envoy's limit are 100 fields, Tomcat takes 8 KiB of head.
        let source: IpAddr = "2001:db8:1111:2222:3333:4444:5555:6666".parse().expect("an address");
        let said = forged(&source.into());
        let bytes: usize = said.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        assert!(said.len() <= 64 && bytes <= 4_096, "{} fields, {bytes} bytes", said.len());
    }
}
