//! The programs under test, started and ended by the tests themselves.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ringfence_contract::order::PrivateKey;
use tempfile::TempDir;

use crate::namespace::Namespace;

/// A program of this workspace as it was built for these tests: `CARGO_BIN_EXE_…` is known to test targets only, so
/// each passes its own.
#[derive(Debug, Clone, Copy)]
pub struct Programs {
    /// The runner's path.
    pub runner: &'static str,
    /// The agent's path.
    pub agent: &'static str,
}

/// A running agent. It is ended when this is dropped.
#[derive(Debug)]
pub struct AgentProcess {
    child: Child,
    addresses: Vec<(String, SocketAddr)>,
}

impl AgentProcess {
    /// Starts `ringfence-agent serve` with these arguments, and waits until it says that it listens on `listeners` doors.
    ///
    /// # Panics
    ///
    /// When it ends instead.
    #[must_use]
    pub fn start(programs: Programs, arguments: &[&str], listeners: usize) -> Self {
        Self::serve(Command::new(programs.agent), arguments, listeners)
    }

    /// The same in a network namespace.
    ///
    /// # Panics
    ///
    /// When it ends instead.
    #[must_use]
    pub fn start_in(namespace: &Namespace, programs: Programs, arguments: &[&str], listeners: usize) -> Self {
        Self::serve(namespace.command(programs.agent), arguments, listeners)
    }

    /// The same on one processor, by `taskset`, for what is measured.
    ///
    /// # Panics
    ///
    /// When it ends instead.
    #[must_use]
    pub fn start_on(processor: u8, programs: Programs, arguments: &[&str], listeners: usize) -> Self {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", &processor.to_string(), programs.agent]);
        Self::serve(command, arguments, listeners)
    }

    fn serve(mut command: Command, arguments: &[&str], listeners: usize) -> Self {
        let mut child = command
            .arg("serve")
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the agent's program can be started");
        let mut lines = BufReader::new(child.stderr.take().expect("standard error is piped")).lines();
        let mut addresses = Vec::new();
        let mut said = String::new();
        while addresses.len() < listeners {
            let Some(Ok(line)) = lines.next() else { panic!("the agent ended, saying: {said}") };
            if let Some((_, door)) = line.split_once("listening on ") {
                let (transport, address) = door.trim().split_once("://").expect("a transport and an address");
                addresses.push((transport.to_owned(), address.parse().expect("an address")));
            }
            said.push_str(&line);
        }
        // Read on, so that the agent never waits for a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, addresses }
    }

    /// Where it answers this transport.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn address(&self, transport: &str) -> SocketAddr {
        let found = self.addresses.iter().find(|(found, _)| found == transport);
        found.unwrap_or_else(|| panic!("the agent does not listen for {transport}")).1
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a crash would.
    ///
    /// # Panics
    ///
    /// When the system does not let it.
    pub fn kill(&mut self) {
        self.child.kill().expect("the agent can be ended");
        self.child.wait().expect("the agent has ended");
    }
}

impl Drop for AgentProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A folder for one test: a scenario, a key, and whatever a run writes.
#[derive(Debug)]
pub struct Bench {
    programs: Programs,
    folder: TempDir,
    key: PrivateKey,
}

/// A finished run of the runner.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said on the side.
    pub stderr: String,
}

impl Finished {
    /// Whether it printed these words, wherever its lines were wrapped.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        let unwrapped: Vec<&str> = self.stdout.split_whitespace().collect();
        unwrapped.join(" ").contains(words)
    }
}

impl Bench {
    /// A fresh one.
    ///
    /// # Panics
    ///
    /// When no temporary folder can be made.
    #[must_use]
    pub fn new(programs: Programs) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let bench = Self { programs, folder, key: PrivateKey::random() };
        bench.write("ringfence.key", &bench.key.to_text());
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(bench.path("ringfence.key"), mode).expect("a key of one's own");
        bench
    }

    /// The programs that run here.
    #[must_use]
    pub fn programs(&self) -> Programs {
        self.programs
    }

    /// Starts an agent on one address of the loopback, which calls from there and listens at a free port for each of these
    /// options.
    ///
    /// # Panics
    ///
    /// When it ends instead.
    #[must_use]
    pub fn agent(&self, name: &str, at: &str, doors: &[&str]) -> AgentProcess {
        let (trust, any) = (self.public(), format!("{at}:0"));
        let mut arguments = vec!["--name", name, "--trust", &trust, "--allow", "127.0.0.0/8", "--source", at];
        arguments.extend(doors.iter().flat_map(|door| [*door, any.as_str()]));
        AgentProcess::start(self.programs, &arguments, doors.len())
    }

    /// What agents trust.
    #[must_use]
    pub fn public(&self) -> String {
        self.key.public().to_string()
    }

    /// The key itself, for orders made by hand.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// A file of this folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into this folder.
    ///
    /// # Panics
    ///
    /// When it cannot.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file can be written");
    }

    /// Reads a file of this folder.
    ///
    /// # Panics
    ///
    /// When it is not there.
    #[must_use]
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The runner, about to be run in this folder with this folder's key.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.furnish(Command::new(self.programs.runner), arguments)
    }

    /// The same in a network namespace.
    #[must_use]
    pub fn command_in(&self, namespace: &Namespace, arguments: &[&str]) -> Command {
        self.furnish(namespace.command(self.programs.runner), arguments)
    }

    fn furnish(&self, mut command: Command, arguments: &[&str]) -> Command {
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("RINGFENCE_KEY")
            .env("RINGFENCE_KEY_FILE", self.path("ringfence.key"))
            .env("NO_COLOR", "1")
            .env_remove("COLUMNS")
            .stdin(Stdio::null());
        command
    }

    /// Runs the runner in this folder, to its end.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Finished {
        finish(self.command(arguments))
    }

    /// The same in a network namespace.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn run_in(&self, namespace: &Namespace, arguments: &[&str]) -> Finished {
        finish(self.command_in(namespace, arguments))
    }
}

fn finish(mut command: Command) -> Finished {
    let output = command.output().expect("the runner's program can be started");
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The root of this workspace.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
