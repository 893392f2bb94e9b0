//! `ringfence keygen`: the private key into a file that only its owner reads, the public half on standard output; or the public
//! half of a key that is there already.

use std::fs::OpenOptions;
use std::io::{self, Write};

use ringfence_contract::order::PrivateKey;

use super::arguments::Keygen;
use super::failure::Failure;
use super::keys;
use super::screen::Screen;
use crate::tally::exit;

pub(super) fn keygen(screen: &Screen, arguments: &Keygen) -> Result<u8, Failure> {
    if arguments.public {
        let key = keys::given(&arguments.key)?.ok_or(Failure::NoKey)?;
        screen.result(&format!("{}\n", key.public()))?;
        return Ok(exit::PASSED);
    }
    if arguments.key.key_file.is_some() {
        let wrong = "this is for `--public`; where a new key goes, `--out` says".to_owned();
        return Err(Failure::Setting { setting: "--key-file", wrong });
    }
    let path = &arguments.out;
    let key = PrivateKey::random();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => Failure::Exists(path.clone()),
        _ => Failure::File { verb: "write", path: path.clone(), source },
    };
    let mut file = options.open(path).map_err(failed)?;
    let text = key.to_text();
    file.write_all(text.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    screen.say(&format!(
        "the private key is in `{0}`: keep it where secrets are kept, and sign with RINGFENCE_KEY_FILE={0}\n\
         every agent gets the public half below, as RINGFENCE_TRUST; it is no secret",
        path.display()
    ));
    screen.result(&format!("{}\n", key.public()))?;
    Ok(exit::PASSED)
}
