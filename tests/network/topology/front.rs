//! The front end's settings, as nginx reads them. It must not know which sites there are.

use std::fmt::Write;
use std::path::Path;

use super::sites::{Serves, Site};

/// Where the platform's own answers are served: one port each, from here on.
const OWN_ANSWERS: u16 = 9_000;

const HEAD: &str = "\
daemon off;
master_process off;
user root;
error_log stderr notice;
events { worker_connections 4096; }
http {
  access_log off;
  server_names_hash_bucket_size 128;
  ssl_protocols TLSv1.2 TLSv1.3;
  proxy_http_version 1.1;
  proxy_connect_timeout 1s;
  limit_req_zone $binary_remote_addr zone=callers:1m rate=1r/m;
  map $remote_addr $caller { ~: [$remote_addr]:$remote_port; default $remote_addr:$remote_port; }
  map $http_x_forwarded_for $chain { '' $caller; default '$http_x_forwarded_for, $caller'; }
";

/// The whole file. Certificates lie in the folder, and so does whatever nginx writes.
pub(super) fn settings(sites: &[Site], folder: &Path) -> String {
    let mut text = HEAD.to_owned();
    let folder = folder.display();
    line(&mut text, &format!("proxy_cache_path {folder}/cache keys_zone=answers:1m;"));
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        line(&mut text, &format!("{kind}_temp_path {folder}/{kind};"));
    }
    let mut answers: Vec<&Serves> = Vec::new();
    for site in sites {
        server(&mut text, site, &folder.to_string(), &mut answers);
    }
    for (port, answer) in (OWN_ANSWERS..).zip(&answers) {
        if let Serves::Status(status, words) = answer {
            line(&mut text, &format!("server {{ listen 127.0.0.1:{port}; return {status} '{words}'; }}"));
        }
    }
    text.push_str("}\n");
    text
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "  {line}").expect("text can be appended to text");
}

fn server<'s>(text: &mut String, site: &'s Site, folder: &str, answers: &mut Vec<&'s Serves>) {
    line(text, "server {");
    for door in &site.doors {
        line(text, &format!("  listen {door};"));
    }
    line(text, &format!("  server_name '{}';", site.host));
    let file = site.certificate.file();
    line(text, &format!("  ssl_certificate {folder}/{file}.crt; ssl_certificate_key {folder}/{file}.key;"));
    for directive in site.server.iter().chain(&site.locations) {
        line(text, &format!("  {directive}"));
    }
    refusal(text, site);
    line(text, "  location / {");
    for restriction in &site.restrictions {
        line(text, &format!("    {restriction};"));
    }
    line(text, &format!("    {};", site.otherwise));
    for directive in &site.location {
        line(text, &format!("    {directive}"));
    }
    let upstream = upstream(&site.serves, answers);
    line(text, &format!("    proxy_pass http://{upstream};"));
    line(text, "    proxy_set_header Host $host;");
    line(text, "    proxy_set_header CLIENT-IP $caller;");
    line(text, "    proxy_set_header X-Forwarded-For $chain;");
    line(text, "  }");
    line(text, "}");
}

fn refusal(text: &mut String, site: &Site) {
    let Serves::Status(status, words) = &site.refusal else { return };
    line(text, "  error_page 403 = @refused;");
    let names_caller =
        if site.names_caller { "add_header x-ms-forbidden-ip $remote_addr always; " } else { "" };
    line(
        text,
        &format!(
            "  location @refused {{ default_type text/html; {names_caller}return {status} '{words}'; }}"
        ),
    );
}

fn upstream<'s>(serves: &'s Serves, answers: &mut Vec<&'s Serves>) -> String {
    if let Serves::Worker(address) = serves {
        return (*address).to_owned();
    }
    let known = answers.iter().position(|answer| *answer == serves);
    let place = known.unwrap_or_else(|| {
        answers.push(serves);
        answers.len() - 1
    });
    format!("127.0.0.1:{}", usize::from(OWN_ANSWERS) + place)
}
