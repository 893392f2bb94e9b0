//! Over standard input and output of a program, such as `ssh vm ringfence-agent stdio`: one order a line there, reply
//! lines back, of several orders in any mixture.
//!
//! The program is started with the first order and ends with the route.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringfence_contract::id::OrderId;
use ringfence_contract::reply::line_order;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{OnceCell, mpsc};

use super::{ControlRoute, Delivery, Letter};
use crate::dispatch::observe::{Unasked, UnaskedWhy};

/// The longest line a program may write, in bytes: a page of 500 receipts is under 256 KiB, a relayed reply may be
/// some MiB.
const LINE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// How much of what the program says on standard error is kept for the reader, in bytes.
const STDERR_KEPT_BYTES: usize = 2_000;

/// How much of a line that is no line of a reply is kept for the reader, in characters.
const STRAY_KEPT: usize = 100;

/// The route: the command, and the program once it runs.
pub(super) struct Exec {
    command: Vec<String>,
    program: OnceCell<Result<Program, Unasked>>,
}

impl Exec {
    pub(super) fn new(command: Vec<String>) -> Self {
        Self { command, program: OnceCell::new() }
    }

    async fn program(&self) -> Result<&Program, Unasked> {
        let started = self.program.get_or_init(|| async { Program::start(&self.command) }).await;
        started.as_ref().map_err(Clone::clone)
    }
}

impl ControlRoute for Exec {
    fn deliver<'a>(&'a self, order: &'a Letter, within: Duration) -> Delivery<'a> {
        Box::pin(async move {
            let program = self.program().await?;
            let reply = program.exchange(order);
            match tokio::time::timeout(within, reply).await {
                Ok(reply) => reply,
                Err(_) => Err(Unasked::new(
                    UnaskedWhy::NoRoute,
                    format!(
                        "`{}` did not answer in {} s{}",
                        self.command.join(" "),
                        within.as_secs(),
                        program.said()
                    ),
                )),
            }
        })
    }

    fn describe(&self) -> String {
        format!("exec {}", self.command.join(" "))
    }
}

/// Where the lines of each order go. Gone once the program has ended.
type Waiting = Arc<Mutex<Option<HashMap<OrderId, mpsc::UnboundedSender<String>>>>>;

/// What the program said beside its replies, kept for the reader.
#[derive(Default)]
struct Aside {
    /// The last of its standard error.
    stderr: String,
    /// The first line on its standard output that belongs to no reply: a greeting, or words of another program.
    stray: Option<String>,
}

/// A running program.
struct Program {
    stdin: tokio::sync::Mutex<ChildStdin>,
    waiting: Waiting,
    aside: Arc<Mutex<Aside>>,
    shown: String,
    /// Kept so that the program is ended with the route.
    _child: Child,
}

impl Program {
    fn start(command: &[String]) -> Result<Self, Unasked> {
        let shown = command.join(" ");
        let broken = |error: std::io::Error| {
            Unasked::new(UnaskedWhy::NoRoute, format!("`{shown}` could not be started: {error}"))
        };
        let (program, arguments) = command.split_first().expect("a scenario's exec names a program");
        let mut child = Command::new(program)
            .args(arguments)
            // The signing key is the runner's alone.
            .env_remove("RINGFENCE_KEY")
            .env_remove("RINGFENCE_KEY_FILE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C is for the runner alone: the program goes on until the runner has heard it out.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(broken)?;
        let stdin = child.stdin.take().expect("standard input is piped");
        let stdout = child.stdout.take().expect("standard output is piped");
        let stderr = child.stderr.take().expect("standard error is piped");
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let aside = Arc::new(Mutex::new(Aside::default()));
        tokio::spawn(sort_lines(stdout, Arc::clone(&waiting), Arc::clone(&aside)));
        tokio::spawn(keep(stderr, Arc::clone(&aside)));
        Ok(Self { stdin: tokio::sync::Mutex::new(stdin), waiting, aside, shown, _child: child })
    }

    async fn exchange(&self, order: &Letter) -> Result<(), Unasked> {
        let (sender, mut lines) = mpsc::unbounded_channel();
        match self.waiting.lock().expect("no holder panics").as_mut() {
            Some(waiting) => waiting.insert(order.id, sender),
            None => return Err(self.ended()),
        };
        let sent = async {
            let mut stdin = self.stdin.lock().await;
            stdin.write_all(format!("{}\n", order.text).as_bytes()).await?;
            stdin.flush().await
        };
        if sent.await.is_err() {
            return Err(self.ended());
        }
        while let Some(line) = lines.recv().await {
            order.hear(&line);
            if is_last(&line) {
                return Ok(());
            }
        }
        // The program ended inside the reply. What came of it is worth reading.
        Err(self.ended())
    }

    fn ended(&self) -> Unasked {
        Unasked::new(UnaskedWhy::NoRoute, format!("`{}` ended{}", self.shown, self.said()))
    }

    /// What the program said beside its replies, as the end of a sentence.
    fn said(&self) -> String {
        let aside = self.aside.lock().expect("no holder panics");
        match (aside.stderr.trim(), &aside.stray) {
            ("", None) => ", saying nothing".to_owned(),
            (said, None) => format!(", saying: {said}"),
            ("", Some(stray)) => format!(", writing `{stray}` where only replies belong"),
            (said, Some(stray)) => {
                format!(", writing `{stray}` where only replies belong, and saying: {said}")
            }
        }
    }
}

/// Whether a line ends its reply. Only a hint for when to stop waiting: the reply's reader looks at the seals.
fn is_last(line: &str) -> bool {
    line.starts_with("refused ")
        || line.splitn(4, ' ').nth(3).is_some_and(|words| words.starts_with(r#"{"line":"end""#))
}

async fn sort_lines(stdout: impl AsyncRead + Unpin, waiting: Waiting, aside: Arc<Mutex<Aside>>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = String::new();
        let read = (&mut stdout).take(LINE_MAX_BYTES).read_line(&mut line).await;
        if !matches!(read, Ok(1..)) || !line.ends_with('\n') {
            break;
        }
        if is_stray(&line) {
            let stray = || line.trim().chars().take(STRAY_KEPT).collect();
            aside.lock().expect("no holder panics").stray.get_or_insert_with(stray);
        }
        if let Some(waiting) = waiting.lock().expect("no holder panics").as_mut() {
            hand_over(waiting, line);
        }
    }
    // Nothing more will come: everybody who waits is told by the end of their channel.
    waiting.lock().expect("no holder panics").take();
}

/// Whether a line is neither of a reply nor the refusal of an order that could not be read.
fn is_stray(line: &str) -> bool {
    line_order(line).is_none() && !line.starts_with("refused ") && !line.trim().is_empty()
}

fn hand_over(waiting: &mut HashMap<OrderId, mpsc::UnboundedSender<String>>, line: String) {
    match line_order(&line) {
        Some(order) => {
            let gone = waiting.get(&order).is_some_and(|sender| sender.send(line).is_err());
            if gone {
                waiting.remove(&order);
            }
        }
        // A refusal of an order that could not be read names none: whoever waits is concerned.
        None if line.starts_with("refused ") => {
            waiting.retain(|_, sender| sender.send(line.clone()).is_ok());
        }
        None => {}
    }
}

async fn keep(mut stderr: impl AsyncRead + Unpin, aside: Arc<Mutex<Aside>>) {
    let mut chunk = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
        let kept = &mut aside.lock().expect("no holder panics").stderr;
        kept.push_str(&String::from_utf8_lossy(&chunk[..read]));
        let over = kept.len().saturating_sub(STDERR_KEPT_BYTES);
        let cut = (over..=kept.len()).find(|at| kept.is_char_boundary(*at)).unwrap_or(0);
        kept.drain(..cut);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_writes_other_lines_than_replies_is_quoted() {
        let come_to = async |script: &str| {
            let exec = Exec::new(["sh", "-c", script].map(str::to_owned).to_vec());
            let letter = Letter::new(OrderId::random(), "an order".to_owned());
            let delivered = exec.deliver(&letter, Duration::from_secs(60)).await;
            delivered.expect_err("that is no reply").detail
        };
        let greeting = come_to("echo; echo Welcome to vm; echo Last login: today; read order").await;
        assert!(greeting.ends_with("ended, writing `Welcome to vm` where only replies belong"), "{greeting}");
        let silent = come_to("read order").await;
        assert!(silent.ends_with("ended, saying nothing"), "{silent}");
    }
}
