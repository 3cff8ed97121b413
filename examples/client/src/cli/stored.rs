//! The commands `tokens` and `logout`.

use super::{
    args::TokensCommand, printer::Printer, store_args::StoreArgs, terminal, token_report::Secrets,
};
use crate::{
    error::ClientError,
    events::Reporter,
    login::{LoggedOut, logout},
    options::{ClientOptions, vet_server},
    redact,
};

/// Shows or removes stored tokens.
///
/// # Errors
///
/// [`ClientError`] when it cannot be opened, and for `show` also when there is nothing for that server.
pub(crate) async fn manage(
    command: TokensCommand,
    arguments: &StoreArgs,
    reporter: Reporter,
    printer: Printer,
) -> Result<(), ClientError> {
    match command {
        TokensCommand::List => {
            let records = arguments
                .files()
                .await?
                .with_reporter(reporter)
                .records()
                .await?;
            if records.is_empty() {
                terminal::note(&format!(
                    "no tokens in {}",
                    arguments.directory()?.display()
                ));
            }
            printer.list(&records);
        }
        TokensCommand::Show { url, reveal } => {
            let secrets = match reveal {
                true => Secrets::Revealed,
                false => Secrets::Hidden,
            };
            let store = arguments.files().await?.with_reporter(reporter);
            let records = match url {
                None => store.records().await?,
                Some(url) => {
                    let url = vet_server(&url)?;
                    let records = store.of_server(&url).await?;
                    if records.is_empty() {
                        return Err(ClientError::NoTokens(redact::url(&url)));
                    }
                    records
                }
            };
            printer.details(&records, secrets);
        }
        TokensCommand::Clear { url: Some(url), .. } => {
            let url = vet_server(&url)?;
            arguments.files_to_remove()?.remove(&url).await?;
            terminal::note(&format!(
                "no tokens for {} any more; `client logout` asks the issuer to revoke them as well",
                redact::url(&url)
            ));
        }
        TokensCommand::Clear { url: None, .. } => {
            let removed = arguments.files_to_remove()?.remove_all().await?;
            terminal::note(&format!("tokens of {removed} logins removed"));
        }
    }
    Ok(())
}

/// Ends the logins at a server, and prints the outcome of each.
///
/// # Errors
///
/// [`ClientError`] when the issuer could not be reached or refused to revoke. The tokens are kept then.
pub(crate) async fn log_out(options: ClientOptions, printer: Printer) -> Result<(), ClientError> {
    let mut ended = Vec::new();
    let result = logout(options, |each| {
        match &each {
            LoggedOut::Revoked { issuer } => terminal::note(&format!(
                "logged out    {} revoked the tokens; servers that check only the signature accept the access token until it expires",
                named(issuer.as_deref())
            )),
            LoggedOut::Forgotten { issuer, reason } => terminal::note(&format!(
                "forgotten     the tokens of {} are removed here, and valid until they expire: {reason}",
                named(issuer.as_deref())
            )),
        }
        ended.push(each);
    })
    .await;
    printer.logged_out(&ended);
    result
}

fn named(issuer: Option<&str>) -> String {
    redact::printable(issuer.unwrap_or("an unnamed issuer"))
}
