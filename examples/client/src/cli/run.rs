//! The commands of the `client` binary.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rmcp::model::JsonObject;
use serde_json::{Value, json};
use url::Url;

use super::{
    args::{Cli, Command, ConnectArgs},
    conformance::{self, Conformance},
    printer::Printer,
    spinner::Spinner,
    steps::Steps,
    stored, terminal,
};
use crate::{
    connection::{McpClient, connect},
    error::ClientError,
    events::Reporter,
    options::{Browser, ClientOptions},
    redact,
    store::TokenStore,
};

/// Runs the command of the command line.
///
/// # Errors
///
/// [`ClientError`], to be printed; the binary ends with its [`exit_code`](ClientError::exit_code).
pub async fn run(cli: Cli) -> Result<(), ClientError> {
    let arguments = &cli.connect;
    let printer = Printer::new(arguments.json);
    let (server, work) = match cli.command {
        Some(Command::Tokens(command)) => {
            let reporter = reporter(arguments);
            return stored::manage(command, &arguments.store, reporter, printer).await;
        }
        Some(Command::Logout { server }) => {
            let store = arguments.store.files().await?;
            let options = options(&server.url, arguments)?.with_store(store);
            return stored::log_out(options, printer).await;
        }
        None => (cli.server, Work::Tour),
        Some(Command::Login { server }) => (server, Work::Login),
        Some(Command::Tools { server }) => (server, Work::Tools),
        Some(Command::Call {
            tool,
            arguments,
            server,
        }) => (server, Work::Call(tool, object(&arguments)?)),
    };
    connect_and(&server.url, arguments, work, printer).await
}

/// What to do with the connection.
enum Work {
    Login,
    Tools,
    Call(String, JsonObject),
    /// List the tools, and call those that need no arguments.
    Tour,
    /// Call each tool, for the conformance suite.
    CallAll,
}

/// Connects and does the work.
async fn connect_and(
    url: &str,
    arguments: &ConnectArgs,
    mut work: Work,
    printer: Printer,
) -> Result<(), ClientError> {
    let mut options = options(url, arguments)?;
    if let Some(suite) = Conformance::from_env() {
        options = suite.apply(options)?;
        work = Work::CallAll;
    } else {
        options = options.with_store(arguments.store.files_or_memory().await?);
    }
    let server = options.server().clone();
    let store = options.store.clone();
    let account = options.account();
    let client = connect(options).await?;
    let result = match work {
        Work::Login => logged_in(&store, &server, account.as_deref(), printer).await,
        Work::Tools => client
            .list_tools()
            .await
            .map(|offered| printer.tools(&offered)),
        Work::Call(tool, arguments) => show(&client, &tool, Some(arguments), printer).await,
        Work::Tour => tour(&client, printer).await,
        Work::CallAll => call_all(&client).await,
    };
    client.close().await;
    result
}

/// Prints the login; a server that admits anonymous requests needs none.
async fn logged_in(
    store: &TokenStore,
    server: &Url,
    account: Option<&str>,
    printer: Printer,
) -> Result<(), ClientError> {
    let records = store.of_server(server).await?;
    let mut of_account = records
        .iter()
        .filter(|record| record.account.as_deref() == account);
    match of_account.find(|record| record.has_tokens()) {
        Some(record) => printer.logged_in(record),
        None => terminal::note("this server asks for no login"),
    }
    Ok(())
}

async fn tour(client: &McpClient, printer: Printer) -> Result<(), ClientError> {
    let offered = client.list_tools().await?;
    printer.tools(&offered);
    let offers = |name: &str| offered.iter().any(|tool| tool.name == name);
    if offers("auth_status") {
        show(client, "auth_status", None, printer).await?;
    }
    if offers("echo") {
        let message = json!({ "message": "hello" });
        show(client, "echo", message.as_object().cloned(), printer).await?;
    }
    Ok(())
}

/// Calls each tool. Only failures of the connection are errors; a tool may report one.
async fn call_all(client: &McpClient) -> Result<(), ClientError> {
    for tool in client.list_tools().await? {
        match client
            .call_tool(&tool.name, Some(conformance::arguments_for(&tool)))
            .await
        {
            Ok(_) | Err(ClientError::Tool { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn show(
    client: &McpClient,
    tool: &str,
    arguments: Option<JsonObject>,
    printer: Printer,
) -> Result<(), ClientError> {
    let result = client.call_tool(tool, arguments).await?;
    printer.tool_result(tool, &result);
    if result.is_error == Some(true) {
        return Err(ClientError::Tool {
            tool: redact::printable(tool),
            reason: "it reported an error, shown above".into(),
        });
    }
    Ok(())
}

fn reporter(arguments: &ConnectArgs) -> Reporter {
    let trace = arguments.trace;
    let steps = Mutex::new(Steps::default());
    let waiting = Spinner::new(Duration::from_secs(arguments.timeout));
    Reporter::new(move |event| {
        if trace {
            let mut steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
            for title in steps.titles_above(event) {
                waiting.note(&format!("\n{title}"));
            }
        }
        if let Some(line) = terminal::step(event, trace) {
            waiting.note(&line);
        }
        waiting.follow(event);
    })
}

fn options(url: &str, arguments: &ConnectArgs) -> Result<ClientOptions, ClientError> {
    let mut options = ClientOptions::new(url)?
        .with_browser(match (arguments.headless, arguments.no_browser) {
            (true, _) => Browser::Headless,
            (_, true) => Browser::PrintOnly,
            _ => Browser::System,
        })
        .with_callback_timeout(Duration::from_secs(arguments.timeout))
        .with_scopes(arguments.scopes.iter().cloned())
        .with_wire(arguments.wire)
        .with_reporter(reporter(arguments));
    options = options.with_callback_host(arguments.callback_host);
    if let Some(port) = arguments.callback_port {
        options = options.with_callback_port(port);
    }
    options = arguments
        .machine
        .applied_to(options, arguments.client_id.as_deref())?;
    options = options.with_authorize_hints(arguments.hints.clone());
    if let Some(issuer) = &arguments.issuer {
        options = options.with_issuer(issuer.clone());
    }
    if let Some(url) = &arguments.client_metadata_url {
        options = options.with_client_metadata_url(url.clone());
    }
    if arguments.allow_private {
        options = options.allowing_private_addresses();
    }
    if arguments.dangerously_trust_proxy {
        options = options.dangerous_trust_environment_proxy();
    }
    Ok(options)
}

fn object(text: &str) -> Result<JsonObject, ClientError> {
    let shape =
        "the arguments of the tool must be a JSON object, for example '{\"message\":\"hi\"}'";
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(ClientError::Usage(shape.into())),
        Err(error) => Err(ClientError::Usage(format!(
            "{shape}, before the URL ({error})"
        ))),
    }
}
