//! The arguments of the `client` binary.

use clap::{Args, Parser, Subcommand};

use super::{machine_args::MachineArgs, store_args::StoreArgs};
use crate::options::{AuthorizeHints, Wire};

const AFTER_HELP: &str = "\
Examples:
  client http://localhost:8000/mcp                      log in, list the tools, call two
  client call notes_add '{\"text\":\"milk\"}' https://mcp.example.com/mcp
  client --json tools https://mcp.example.com/mcp | jq '.[].name'
  client --no-browser login https://mcp.example.com/mcp over SSH: open the URL elsewhere
  MCP_CLIENT_SECRET=... client --client-credentials --client-id m2m_1 tools URL
  client logout https://mcp.example.com/mcp             revoke the tokens and forget them

Exit codes: 0 done, 1 refused or failed, 2 bad usage or input, 130 stopped with ctrl-c.

Tokens are kept in files, one per server and issuer, readable by you only and encrypted: with the passphrase
in MCP_CLIENT_PASSPHRASE where it is set, else with a key in the system's keyring. Without either they end
with the program, unless --unencrypted-tokens is given. RUST_LOG sets the log on stderr.";

/// Logs in to an MCP server with OAuth, lists its tools and calls some.
#[derive(Debug, Parser)]
#[command(name = "client", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do [default: log in, list the tools, call auth_status and echo if they are there].
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to connect.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// The server.
    #[command(flatten)]
    pub server: Server,
}

/// Which MCP server.
#[derive(Debug, Args)]
pub struct Server {
    /// URL of the MCP server; always the last argument.
    #[arg(env = "SCALEKIT_MCP_URL", default_value = "http://localhost:8000/mcp")]
    pub url: String,
}

/// How to connect; before or after the command.
#[derive(Debug, Args)]
pub struct ConnectArgs {
    /// Log in without a browser, at an issuer that approves by itself (the mock does).
    #[arg(long, global = true, conflicts_with = "no_browser")]
    pub headless: bool,
    /// Only print the URL to open.
    #[arg(long, global = true)]
    pub no_browser: bool,
    /// Loopback port of the redirect URI [default: 8000, else a free one].
    #[arg(long, global = true, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub callback_port: Option<u16>,
    /// Seconds to wait for the login.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// Request this scope instead of those that the server names; may be repeated.
    #[arg(long = "scope", global = true, value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// Client id registered by hand; its secret is read from MCP_CLIENT_SECRET.
    #[arg(long, global = true, value_name = "ID", env = "MCP_CLIENT_ID")]
    pub client_id: Option<String>,
    /// The grant of a client without a user.
    #[command(flatten)]
    pub machine: MachineArgs,
    /// Parameters for Scalekit's login page.
    #[command(flatten)]
    pub hints: AuthorizeHints,
    /// https URL of a client metadata document, for issuers that support it.
    #[arg(long, global = true, value_name = "HTTPS_URL")]
    pub client_metadata_url: Option<String>,
    /// Permit private network addresses for names in metadata.
    #[arg(long, global = true)]
    pub allow_private: bool,
    /// Use the proxy of HTTPS_PROXY, which may connect to private addresses.
    #[arg(long, global = true)]
    pub dangerously_trust_proxy: bool,
    /// Version of the MCP wire protocol.
    #[arg(long, global = true, value_enum, default_value_t = Wire::Auto)]
    pub wire: Wire,
    /// Print results, and an error on stderr, as JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// Where tokens are stored.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Show the steps of the login with every HTTP exchange, secrets shortened.
    #[arg(long, global = true)]
    pub trace: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Log in and store the tokens.
    Login {
        /// The server.
        #[command(flatten)]
        server: Server,
    },
    /// List the tools.
    Tools {
        /// The server.
        #[command(flatten)]
        server: Server,
    },
    /// Call a tool and print its result.
    Call {
        /// Its name.
        tool: String,
        /// Its arguments, a JSON object.
        #[arg(value_name = "JSON", default_value = "{}")]
        arguments: String,
        /// The server.
        #[command(flatten)]
        server: Server,
    },
    /// Revoke the tokens at the issuer, and remove them.
    Logout {
        /// The server.
        #[command(flatten)]
        server: Server,
    },
    /// Look at or remove stored tokens; secrets are printed with --reveal only.
    #[command(subcommand)]
    Tokens(TokensCommand),
}

/// What `client tokens` takes.
#[derive(Debug, Subcommand)]
pub enum TokensCommand {
    /// One entry per login.
    List,
    /// The same with client and claims, decoded offline and not verified.
    Show {
        /// Only this server [default: all].
        url: Option<String>,
        /// Print the tokens and the client's secret as well.
        #[arg(long)]
        reveal: bool,
    },
    /// Remove the tokens of a server, and do not revoke them at its issuer.
    #[command(arg_required_else_help = true)]
    Clear {
        /// The server.
        #[arg(required_unless_present = "all")]
        url: Option<String>,
        /// Of all servers.
        #[arg(long, conflicts_with = "url")]
        all: bool,
    },
}
