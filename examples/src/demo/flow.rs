//! The seven steps: 1 request, 2 challenge, 3 discovery, 4 authorization, 5 callback, 6 token
//! exchange, 7 authenticated tool calls.
//!
//! Steps 1 and 2 are a plain request of ours. Steps 3 to 6 are rmcp's OAuth client at work: what
//! is printed is what its HTTP client sent and got, with secrets shortened. Step 7 is MCP, and ends
//! with a tool for which the client has to ask for one scope more.

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::output::DemoOutput;
use super::servers::DemoServers;
use client::cli::steps::{Steps, TITLES};
use client::events::Step;
use client::{
    Browser, ClientError, ClientOptions, McpClient, Progress, Reporter, cli::terminal, connect,
};

/// What the client reports.
type Events = UnboundedReceiver<Progress>;

/// Runs the steps.
pub async fn run(servers: &DemoServers, output: &DemoOutput) {
    challenge(servers, output).await;
    match login(servers, output).await {
        Ok((client, mut events)) => {
            tools(&client, output).await;
            step_up(&client, &mut events, output).await;
            client.close().await;
        }
        Err(error) => output.check(&format!("the client logs in: {error}"), false),
    }
}

/// Steps 1 and 2.
async fn challenge(servers: &DemoServers, output: &DemoOutput) {
    output.heading(TITLES[0]);
    output.line(&format!("  > POST {}", servers.url));
    output.line("  >   tools/list");
    let answer = super::refusals::call(&servers.url, None).await;
    output.heading(TITLES[1]);
    output.line(&answer.lines());
    output.check("401 Unauthorized", answer.status == 401);
    let challenge = answer.challenge.unwrap_or_default();
    output.check(
        "the challenge names the metadata and the scope, and no error",
        challenge.starts_with("Bearer resource_metadata=\"http://localhost:")
            && challenge
                .ends_with("/.well-known/oauth-protected-resource/mcp\", scope=\"notes:read\""),
    );
}

/// What the client has reported so far, and which heading stands above it.
#[derive(Default)]
struct Seen {
    steps: Steps,
    exchanges: Vec<(Step, Result<u16, String>)>,
    callback: bool,
    granted: Option<String>,
    protocol: Option<String>,
}

/// Steps 3 to 6, printed as they happen.
async fn login(
    servers: &DemoServers,
    output: &DemoOutput,
) -> Result<(McpClient, Events), ClientError> {
    let (reporter, mut events) = Reporter::channel();
    let options = ClientOptions::new(&servers.url)?
        .with_browser(Browser::Headless)
        .with_reporter(reporter);
    let mut seen = Seen::default();
    let connecting = connect(options);
    tokio::pin!(connecting);
    let client = loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => seen.show(output, &event),
            client = &mut connecting => break client?,
        }
    };
    while let Ok(event) = events.try_recv() {
        seen.show(output, &event);
    }
    output.check(
        "tokens for notes:read, the scope that the challenge asked for",
        seen.granted.as_deref() == Some("notes:read"),
    );
    output.check(
        "every step was taken, each with the status it should have",
        seen.is_complete(),
    );
    Ok((client, events))
}

impl Seen {
    fn show(&mut self, output: &DemoOutput, event: &Progress) {
        // The challenge was shown as step 2, and the tools get a separate heading.
        let shown = matches!(event, Progress::Exchange(_) | Progress::Callback { .. });
        for title in shown
            .then(|| self.steps.titles_above(event))
            .into_iter()
            .flatten()
        {
            output.heading(title);
        }
        match event {
            Progress::Exchange(exchange) => {
                output.line(&terminal::exchange_lines(exchange));
                self.exchanges
                    .push((exchange.step, exchange.status.clone()));
            }
            Progress::Callback { granted } => {
                self.callback = *granted;
                output.line("  the redirect above is the callback: code, state and iss");
                output.check("state is ours, iss is the issuer that was asked", *granted);
            }
            Progress::TokenExchange(granted) => self.granted.clone_from(&granted.scope),
            Progress::Connected { protocol, .. } => self.protocol = Some(protocol.clone()),
            _ => {}
        }
    }

    fn is_complete(&self) -> bool {
        let happened = |step: Step, status: u16| {
            self.exchanges
                .iter()
                .any(|(taken, got)| *taken == step && *got == Ok(status))
        };
        happened(Step::ResourceMetadata, 200)
            && happened(Step::ServerMetadata, 200)
            && happened(Step::Registration, 201)
            && happened(Step::Authorize, 302)
            && happened(Step::Token, 200)
            && self.callback
            && self.protocol.is_some()
    }
}

/// Step 7.
async fn tools(client: &McpClient, output: &DemoOutput) {
    output.heading(TITLES[6]);
    let status = call(client, output, "auth_status", json!({})).await;
    let status: Value = serde_json::from_str(&status.unwrap_or_default()).unwrap_or_default();
    output.check(
        "auth_status knows the caller",
        status.get("subject") == Some(&json!("usr_1000000001"))
            && status.get("organization") == Some(&json!("org_1000000001"))
            && status.get("scopes") == Some(&json!(["notes:read"])),
    );
    let echo = call(client, output, "echo", json!({"message": "hello"})).await;
    output.check("echo sends back", echo.as_deref() == Ok("hello"));
    let list = call(client, output, "notes_list", json!({})).await;
    output.check("notes_list is allowed with notes:read", list.is_ok());
    let reset = call(client, output, "admin_reset", json!({})).await;
    output.check(
        "admin_reset is refused: the caller is no admin",
        reset.is_err_and(|error| error.contains("not allowed")),
    );
}

/// Still step 7: a tool that needs more than the token has.
async fn step_up(client: &McpClient, events: &mut Events, output: &DemoOutput) {
    let arguments = json!({"text": "buy milk"});
    output.line(&format!("  > notes_add {arguments}"));
    let add = ask(client, "notes_add", arguments).await;
    let mut challenge = None;
    let mut granted = None;
    while let Ok(event) = events.try_recv() {
        if let Some(line) = terminal::step(&event, false) {
            output.line(&format!("  {line}"));
        }
        match event {
            Progress::Challenge(line) => challenge = Some(line),
            Progress::TokenExchange(tokens) => granted = tokens.scope,
            _ => {}
        }
    }
    output.line(&format!("  < {}", shown(&add)));
    output.check(
        "notes_add was refused with 403: the challenge names the scope that it needs",
        challenge.is_some_and(|line| {
            line.contains("error=\"insufficient_scope\"")
                && line.contains("scope=\"notes:read notes:write\"")
        }),
    );
    output.check(
        "the client asked for it and kept what it had",
        granted.as_deref() == Some("notes:read notes:write"),
    );
    output.check(
        "the same call then added the note",
        add.as_deref() == Ok(r#"{"notes":["buy milk"]}"#),
    );
}

/// Calls a tool; the text of its answer, or of its refusal.
async fn call(
    client: &McpClient,
    output: &DemoOutput,
    tool: &str,
    arguments: Value,
) -> Result<String, String> {
    output.line(&format!("  > {tool} {arguments}"));
    let answer = ask(client, tool, arguments).await;
    output.line(&format!("  < {}", shown(&answer)));
    answer
}

async fn ask(client: &McpClient, tool: &str, arguments: Value) -> Result<String, String> {
    let arguments = arguments.as_object().cloned();
    let result = client.call_tool(tool, arguments).await;
    let result = result.map_err(|error| error.to_string())?;
    let content = result.content.first().and_then(|content| content.as_text());
    Ok(content.map(|text| text.text.clone()).unwrap_or_default())
}

fn shown(answer: &Result<String, String>) -> &str {
    answer.as_ref().unwrap_or_else(|error| error)
}
