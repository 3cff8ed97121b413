//! What the `client` binary does.

use std::{path::Path, time::Duration};

use rmcp::model::JsonObject;
use serde_json::{Value, json};
use url::Url;

use super::{
    browser::Browser,
    cli::{Cli, Command, ConnectArgs, TokensCommand},
    conformance::{self, Conformance},
    connect::{McpClient, connect},
    error::ClientError,
    events::Reporter,
    files,
    options::{ClientOptions, vet_server},
    record::Record,
    redact,
    store::TokenStore,
    tokens, ui,
};

/// Does what the command line says.
///
/// # Errors
///
/// [`ClientError`], to be printed; its [`exit_code`](ClientError::exit_code) is the binary's.
pub async fn run(cli: Cli) -> Result<(), ClientError> {
    let directory = || match cli.token_dir {
        Some(directory) => Ok(directory),
        None => files::default_directory(),
    };
    match cli.command {
        Some(Command::Tokens(command)) => manage(command, &directory()?),
        None => talk(&cli.connect, &directory()?).await,
    }
}

async fn talk(arguments: &ConnectArgs, directory: &Path) -> Result<(), ClientError> {
    let call = arguments
        .call
        .as_deref()
        .map(|tool| Ok::<_, ClientError>((tool, object(arguments.args.as_deref())?)))
        .transpose()?;
    let mut options = options(arguments, directory)?;
    let suite = Conformance::from_env();
    let examined = suite.is_some();
    if let Some(suite) = suite {
        options = suite.apply(options)?;
    }
    let client = connect(options).await?;
    let result = if examined {
        call_all(&client).await
    } else {
        work(&client, call).await
    };
    client.close().await;
    result
}

async fn work(
    client: &McpClient,
    call: Option<(&str, Option<JsonObject>)>,
) -> Result<(), ClientError> {
    if let Some((tool, arguments)) = call {
        return show(client, tool, arguments).await;
    }
    let offered = client.list_tools().await?;
    ui::out(&ui::tools(&offered));
    let offers = |name: &str| offered.iter().any(|tool| tool.name == name);
    if offers("auth_status") {
        show(client, "auth_status", None).await?;
    }
    if offers("echo") {
        let message = json!({ "message": "hello" });
        show(client, "echo", message.as_object().cloned()).await?;
    }
    Ok(())
}

/// What a tool answers is its own business here; that it can be called is what counts.
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
) -> Result<(), ClientError> {
    let result = client.call_tool(tool, arguments).await?;
    ui::out(&ui::tool_result(tool, &result));
    if result.is_error == Some(true) {
        return Err(ClientError::Tool {
            tool: redact::printable(tool),
            reason: "it reported an error, shown above".into(),
        });
    }
    Ok(())
}

fn options(arguments: &ConnectArgs, directory: &Path) -> Result<ClientOptions, ClientError> {
    let trace = arguments.trace;
    let mut options = ClientOptions::new(&arguments.url)?
        .with_browser(match (arguments.headless, arguments.no_browser) {
            (true, _) => Browser::Headless,
            (_, true) => Browser::PrintOnly,
            _ => Browser::System,
        })
        .with_callback_timeout(Duration::from_secs(arguments.timeout))
        .with_scopes(arguments.scopes.iter().cloned())
        .with_wire(arguments.wire)
        .with_reporter(Reporter::new(move |event| {
            if let Some(line) = ui::step(event, trace) {
                ui::note(&line);
            }
        }));
    options = options
        .clone()
        .with_store(TokenStore::in_directory(directory, options.server()));
    if let Some(port) = arguments.callback_port {
        options = options.with_callback_port(port);
    }
    options = arguments
        .machine
        .applied_to(options, arguments.client_id.as_deref())?;
    options = options.with_authorize_hints(arguments.hints.clone());
    if let Some(url) = &arguments.client_metadata_url {
        options = options.with_client_metadata_url(url.clone());
    }
    if arguments.allow_private {
        options = options.allowing_private_addresses();
    }
    Ok(options)
}

fn object(text: Option<&str>) -> Result<Option<JsonObject>, ClientError> {
    let Some(text) = text else { return Ok(None) };
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(_) => Err(ClientError::Usage(
            "--args must be a JSON object, for example '{\"message\":\"hi\"}'".into(),
        )),
        Err(error) => Err(ClientError::Usage(format!("--args is not JSON: {error}"))),
    }
}

fn manage(command: TokensCommand, directory: &Path) -> Result<(), ClientError> {
    let at = |url: &Url| TokenStore::in_directory(directory, url);
    match command {
        TokensCommand::List => print_all(directory, tokens::summary),
        TokensCommand::Show { url: None } => print_all(directory, tokens::details),
        TokensCommand::Show { url: Some(url) } => {
            let url = vet_server(&url)?;
            let record = at(&url)
                .read()?
                .ok_or_else(|| ClientError::Mcp(format!("no tokens for {}", redact::url(&url))))?;
            ui::out(&tokens::details(&record));
            Ok(())
        }
        TokensCommand::Clear { url: Some(url), .. } => {
            let url = vet_server(&url)?;
            at(&url).remove()?;
            ui::note(&format!("no tokens for {} any more", redact::url(&url)));
            Ok(())
        }
        TokensCommand::Clear { url: None, .. } => {
            let records = files::list(directory)?;
            for record in &records {
                at(&vet_server(&record.server)?).remove()?;
            }
            ui::note(&format!("tokens of {} servers removed", records.len()));
            Ok(())
        }
    }
}

fn print_all(directory: &Path, show: fn(&Record) -> String) -> Result<(), ClientError> {
    let records = files::list(directory)?;
    if records.is_empty() {
        ui::note(&format!("no tokens in {}", directory.display()));
    }
    for record in &records {
        ui::out(&show(record));
    }
    Ok(())
}
