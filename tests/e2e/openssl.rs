//! Servers of OpenSSL that speak what Ringfence's TLS does not, or show keys that it does not verify.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ringfence_contract::call::{Call, Certificates, Route, Trust};
use ringfence_contract::outcome::{Outcome, TlsFailedWhy};
use ringfence_contract::sample::Sample;
use ringfence_tests::calls::{call_to, place_freely, route, run};
use tempfile::TempDir;

/// A key, as `openssl genpkey` makes it.
const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
const SHORT_RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:1024";
const ODD_RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2050";
const PSS: &str = "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048";
const P521: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-521";
const ED448: &str = "-algorithm ED448";

struct Server {
    child: Child,
    address: SocketAddr,
    pem: String,
    _folder: TempDir,
}

impl Server {
    fn start(key: &str, arguments: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        openssl(folder.path(), &format!("genpkey {key} -out key.pem"));
        openssl(
            folder.path(),
            "req -x509 -new -key key.pem -out cert.pem -days 9 -subj /CN=app.example.test",
        );
        let mut child = Command::new("openssl")
            .args("s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www".split(' '))
            .args(arguments.split_whitespace())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl");
        let mut lines = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
        let address =
            lines.find_map(|line| line.ok()?.strip_prefix("ACCEPT ")?.parse().ok()).expect("a port");
        let pem = std::fs::read_to_string(folder.path().join("cert.pem")).expect("a certificate");
        Self { child, address, pem, _folder: folder }
    }

    async fn called(&self, trust: Trust, certificates: Certificates) -> Sample {
        let url = route(&format!("https://app.example.test:{}", self.address.port()));
        let to = Route { connect: Some(self.address.ip()), trust, ..url };
        place_freely(&run(), &Call { certificates, ..call_to(to) }).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}

fn why(sample: &Sample) -> Option<TlsFailedWhy> {
    match &sample.outcome {
        Outcome::TlsFailed(failed) => Some(failed.why),
        _ => None,
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let done = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
    let done = done.expect("openssl");
    assert!(done.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test]
#[ignore = "needs openssl: run with `-- --include-ignored`"]
async fn what_ringfences_tls_cannot_speak_is_its_own_limit_and_hides_no_path_that_can_be_taken() {
    // Whether a call that requires a good certificate gets through, and one that notes a bad one.
    for (sentence, key, arguments, required, noted) in [
        ("RSA of 2048 bits", RSA, "", true, true),
        ("RSA of 2050 bits", ODD_RSA, "", true, true),
        ("RSA of 1024 bits", SHORT_RSA, "-cipher ALL:@SECLEVEL=0", false, true),
        ("RSA of 1024 bits, TLS 1.2", SHORT_RSA, "-tls1_2 -cipher ALL:@SECLEVEL=0", false, true),
        ("RSA for PSS alone", PSS, "", false, true),
        ("P-521", P521, "", false, true),
        ("Ed448", ED448, "", false, true),
        ("Ed448, TLS 1.2", ED448, "-tls1_2", false, false),
        ("SHA-1", RSA, "-tls1_2 -sigalgs RSA+SHA1 -cipher ALL:@SECLEVEL=0", false, true),
        ("TLS 1.0", RSA, "-tls1 -cipher ALL:@SECLEVEL=0", false, false),
        ("TLS 1.1", RSA, "-tls1_1 -cipher ALL:@SECLEVEL=0", false, false),
        ("RSA key exchange", RSA, "-tls1_2 -cipher AES128-GCM-SHA256", false, false),
        ("DHE", RSA, "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256", false, false),
        ("CBC", RSA, "-tls1_2 -cipher ECDHE-RSA-AES128-SHA256", false, false),
        ("key exchange over P-521", RSA, "-tls1_3 -groups P-521", false, false),
    ] {
        let server = Server::start(key, arguments);
        for (certificates, passes) in [(Certificates::Require, required), (Certificates::Note, noted)] {
            let sample = server.called(Trust::Ca(server.pem.clone()), certificates).await;
            let expected = (!passes).then_some(TlsFailedWhy::Unsupported);
            assert_eq!(why(&sample), expected, "{sentence}, {certificates:?}: {sample:?}");
            assert_eq!(sample.status, passes.then_some(200), "{sentence}, {certificates:?}: {sample:?}");
            let error = sample.tls.and_then(|tls| tls.certificate_error.clone());
            assert_eq!(
                error.is_some(),
                passes && !required,
                "{sentence}: what is not verified is noted: {error:?}"
            );
        }
    }
}

#[tokio::test]
#[ignore = "needs openssl: run with `-- --include-ignored`"]
async fn a_server_that_demands_a_certificate_of_its_caller_is_no_limit() {
    for version in ["-tls1_2", "-tls1_3"] {
        let server = Server::start(RSA, &format!("{version} -Verify 1"));
        for certificates in [Certificates::Require, Certificates::Note] {
            let sample = server.called(Trust::Ca(server.pem.clone()), certificates).await;
            assert_eq!(why(&sample), Some(TlsFailedWhy::Alert), "{version}, {certificates:?}: {sample:?}");
        }
    }
}
