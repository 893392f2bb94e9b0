//! The command line as clap reads it. Values stay text here: they are read in one place, where all mistakes are
//! collected and no secret is repeated.

use std::net::IpAddr;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Answers sealed calls and, when a signed order says so, places them.
#[derive(Debug, Parser)]
#[command(name = "ringfence-agent", bin_name = "ringfence-agent", version, propagate_version = true)]
pub(super) struct Program {
    #[command(subcommand)]
    pub(super) command: Command,

    /// What to log on standard error: a level, or `target=level` pairs between commas
    #[arg(long, env = "RINGFENCE_LOG", default_value = "info", global = true, value_name = "FILTER")]
    pub(super) log: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Listen, answer calls and take orders until told to stop
    Serve(ServeArgs),
    /// Take one order a line on standard input, and write the replies' lines to standard output
    Stdio(ServeArgs),
    /// Place one call from this shell and say what it saw
    Call(CallArgs),
    /// Ask a running agent whether it is ready
    Healthcheck(HealthcheckArgs),
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    pub(super) agent: AgentArgs,
    #[command(flatten)]
    pub(super) listen: ListenArgs,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What the agent is and may do")]
pub(super) struct AgentArgs {
    /// What orders are addressed to [default: the app's name on App Service, else the host's]
    #[arg(long, env = "RINGFENCE_NAME", hide_env_values = true, value_name = "NAME")]
    pub(super) name: Option<String>,

    /// A public key whose orders are taken, as `ringfence keygen` prints it; may be repeated
    #[arg(long, env = "RINGFENCE_TRUST", hide_env_values = true, value_name = "KEY")]
    pub(super) trust: Vec<String>,

    /// What may be called: `10.0.0.0/16`, `10.0.1.4:443`, `*.example.net:8080-8090`, `any`; may be repeated
    /// [default: nobody]
    #[arg(long, env = "RINGFENCE_ALLOW", hide_env_values = true, value_name = "ENTRY")]
    pub(super) allow: Vec<String>,

    /// A network of proxies whose word on the caller's address counts; may be repeated
    #[arg(long, env = "RINGFENCE_TRUSTED_PROXIES", hide_env_values = true, value_name = "NETWORK")]
    pub(super) trusted_proxies: Vec<String>,

    /// A header in which those proxies say the caller's address, and which they overwrite; may be repeated
    /// [default: CLIENT-IP, X-Forwarded-For]
    #[arg(long, env = "RINGFENCE_SOURCE_HEADER", hide_env_values = true, value_name = "NAME")]
    pub(super) source_header: Vec<String>,

    /// The DNS server to ask instead of the system's, `ADDRESS` or `ADDRESS:PORT`
    #[arg(long, env = "RINGFENCE_RESOLVER", hide_env_values = true, value_name = "ADDRESS")]
    pub(super) resolver: Option<String>,

    /// The address to call from, at most one a family; may be repeated
    #[arg(long, env = "RINGFENCE_SOURCE", hide_env_values = true, value_name = "ADDRESS")]
    pub(super) source: Vec<String>,

    /// A file of certificates (PEM) to trust beside the platform's roots
    #[arg(long, env = "RINGFENCE_CA", hide_env_values = true, value_name = "FILE")]
    pub(super) ca: Option<String>,

    /// The app's name, as App Service and Functions set it
    #[arg(long, env = "WEBSITE_SITE_NAME", hide = true)]
    pub(super) website_site_name: Option<String>,

    /// The app's deployment slot, as App Service and Functions set it
    #[arg(long, env = "WEBSITE_SLOT_NAME", hide = true)]
    pub(super) website_slot_name: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Where the agent answers")]
pub(super) struct ListenArgs {
    /// Answer HTTP here; may be repeated [default of `serve`: 0.0.0.0 with $PORT, or 8080]
    #[arg(long, env = "RINGFENCE_LISTEN", hide_env_values = true, value_name = "ADDRESS:PORT")]
    pub(super) listen: Vec<String>,

    /// Answer HTTP over TLS here, with --cert and --key; may be repeated
    #[arg(long, env = "RINGFENCE_TLS_LISTEN", hide_env_values = true, value_name = "ADDRESS:PORT")]
    pub(super) tls_listen: Vec<String>,

    /// The certificate chain (PEM), the agent's own first
    #[arg(long, env = "RINGFENCE_TLS_CERT", hide_env_values = true, value_name = "FILE")]
    pub(super) cert: Option<String>,

    /// The certificate's private key (PEM)
    #[arg(long, env = "RINGFENCE_TLS_KEY", hide_env_values = true, value_name = "FILE")]
    pub(super) key: Option<String>,

    /// Answer calls that are one line over TCP here; may be repeated
    #[arg(long, env = "RINGFENCE_TCP_LISTEN", hide_env_values = true, value_name = "ADDRESS:PORT")]
    pub(super) tcp_listen: Vec<String>,

    /// Answer calls that are one datagram here; may be repeated
    #[arg(long, env = "RINGFENCE_UDP_LISTEN", hide_env_values = true, value_name = "ADDRESS:PORT")]
    pub(super) udp_listen: Vec<String>,

    #[command(flatten)]
    pub(super) port: PortArgs,
}

#[derive(Debug, Args)]
pub(super) struct PortArgs {
    /// The port a platform gives the app
    #[arg(long, env = "PORT", hide = true)]
    pub(super) port: Option<String>,

    /// The port the Functions host gives a custom handler
    #[arg(long, env = "FUNCTIONS_CUSTOMHANDLER_PORT", hide = true)]
    pub(super) functions_port: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How much the agent takes on")]
pub(super) struct LimitArgs {
    /// The most calls started in a second
    #[arg(long, env = "RINGFENCE_RATE", hide_env_values = true, value_name = "CALLS")]
    pub(super) rate: Option<String>,

    /// The most calls placed at once
    #[arg(long, env = "RINGFENCE_CALLS_AT_ONCE", hide_env_values = true, value_name = "CALLS")]
    pub(super) calls_at_once: Option<String>,

    /// The most connections held open at once
    #[arg(long, env = "RINGFENCE_CONNECTIONS_AT_ONCE", hide_env_values = true, value_name = "CONNECTIONS")]
    pub(super) connections_at_once: Option<String>,

    /// How long orders under way may take to end on SIGTERM, such as `10s`
    #[arg(long, env = "RINGFENCE_GRACE", hide_env_values = true, value_name = "DURATION")]
    pub(super) grace: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct CallArgs {
    /// Where to: `https://host/path`, `http://..`, `tcp://host:port`, `udp://host:port`
    #[arg(value_name = "URL")]
    pub(super) url: String,

    /// Connect here instead of to what the host resolves to
    #[arg(long, value_name = "ADDRESS")]
    pub(super) connect: Option<IpAddr>,

    /// The address family [default: that of the address, else ipv4]
    #[arg(long, value_enum)]
    pub(super) family: Option<FamilyArg>,

    /// Call from this address
    #[arg(long, value_name = "ADDRESS")]
    pub(super) source: Option<IpAddr>,

    /// The DNS server to ask instead of the system's, `ADDRESS` or `ADDRESS:PORT`
    #[arg(long, value_name = "ADDRESS")]
    pub(super) resolver: Option<String>,

    /// A file of certificates (PEM) to trust beside the platform's roots
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<String>,

    /// Go on in spite of a bad certificate, and say what is wrong with it
    #[arg(long)]
    pub(super) insecure: bool,

    /// A loopback, link-local or metadata address or network that is meant; may be repeated
    #[arg(long, value_name = "ENTRY")]
    pub(super) allow: Vec<String>,

    /// Print the whole sample as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FamilyArg {
    Ipv4,
    Ipv6,
}

#[derive(Debug, Args)]
pub(super) struct HealthcheckArgs {
    /// What to ask [default: http://127.0.0.1:$PORT/ready, or port 8080]
    #[arg(value_name = "URL")]
    pub(super) url: Option<String>,

    #[command(flatten)]
    pub(super) port: PortArgs,
}
