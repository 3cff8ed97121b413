//! The arguments of the `client` binary.

use clap::{Args, Parser, Subcommand};

use super::{machine_args::MachineArgs, store_args::StoreArgs};
use crate::options::{AuthorizeHints, CallbackHost, Wire};

const AFTER_HELP: &str = "\
Examples:
  client http://localhost:8000/mcp              log in, list the tools, call two of them
  client call notes_add '{\"text\":\"milk\"}' https://mcp.example.com/mcp
  client --no-browser login https://mcp.example.com/mcp
  MCP_CLIENT_SECRET=... client --client-credentials --client-id m2m_1 tools URL

Exit codes: 0 done, 1 refused or failed, 2 bad usage, 130 stopped with ctrl-c.

Tokens are kept in files that only you can read, encrypted with the passphrase in
MCP_CLIENT_PASSPHRASE, else with a key in the system's keyring. Without either they end
with the program, unless --unencrypted-tokens is given. RUST_LOG sets the log on stderr.";

/// Logs in to an MCP server with OAuth, lists its tools and calls some.
#[derive(Debug, Parser)]
#[command(name = "client", version, after_help = AFTER_HELP, disable_help_flag = true, disable_help_subcommand = true)]
pub struct Cli {
    /// Print this help.
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort, help_heading = "Output")]
    pub help: Option<bool>,
    /// What to do; without a command: log in, list the tools, and call two of them.
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
    /// The MCP server; else SCALEKIT_MCP_URL.
    #[arg(
        env = "SCALEKIT_MCP_URL",
        hide_env = true,
        default_value = "http://localhost:8000/mcp"
    )]
    pub url: String,
}

/// How to connect; before or after the command.
#[derive(Debug, Args)]
pub struct ConnectArgs {
    /// Log in without a browser; the issuer must approve by itself.
    #[arg(
        long,
        global = true,
        conflicts_with = "no_browser",
        help_heading = "Login"
    )]
    pub headless: bool,
    /// Print the URL to open, and start no browser.
    #[arg(long, global = true, help_heading = "Login")]
    pub no_browser: bool,
    /// Host of the redirect URI [default: localhost].
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "HOST",
        hide_default_value = true,
        hide_possible_values = true,
        default_value_t = CallbackHost::Localhost,
        help_heading = "Login"
    )]
    pub callback_host: CallbackHost,
    /// Port of the redirect URI [default: 8000, else a free one].
    #[arg(long, global = true, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Login")]
    pub callback_port: Option<u16>,
    /// Seconds to wait for the login.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400), help_heading = "Login")]
    pub timeout: u64,
    /// Ask for this scope, not for those the server names; repeatable.
    #[arg(
        long = "scope",
        global = true,
        value_name = "SCOPE",
        help_heading = "Login"
    )]
    pub scopes: Vec<String>,
    /// Parameters for Scalekit's login page.
    #[command(flatten)]
    pub hints: AuthorizeHints,
    /// Client registered by hand; MCP_CLIENT_SECRET is its secret.
    #[arg(
        long,
        global = true,
        value_name = "ID",
        env = "MCP_CLIENT_ID",
        hide_env = true,
        help_heading = "Client"
    )]
    pub client_id: Option<String>,
    /// The only authorization server to log in at.
    #[arg(long, global = true, value_name = "URL", help_heading = "Client")]
    pub issuer: Option<String>,
    /// Client metadata document of this client, over https.
    #[arg(long, global = true, value_name = "URL", help_heading = "Client")]
    pub client_metadata_url: Option<String>,
    /// The grant of a client without a user.
    #[command(flatten)]
    pub machine: MachineArgs,
    /// Let metadata name servers on a private network.
    #[arg(long, global = true, help_heading = "Network")]
    pub allow_private: bool,
    /// Use the proxy of HTTPS_PROXY, whatever it connects to.
    #[arg(long, global = true, help_heading = "Network")]
    pub dangerously_trust_proxy: bool,
    /// Version of MCP: auto, 2025-11-25 or 2026-07-28.
    #[arg(long, global = true, value_enum, default_value_t = Wire::Auto, hide_possible_values = true, help_heading = "Network")]
    pub wire: Wire,
    /// Where tokens are stored.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Print results, and errors on stderr, as JSON.
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,
    /// Show every HTTP exchange of the login, secrets shortened.
    #[arg(long, global = true, help_heading = "Output")]
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
    /// List, show or remove stored tokens.
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
