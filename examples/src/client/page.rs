//! The page a person sees after the browser came back.

use std::fmt::Write as _;

use super::{answer::Answer, redact};

/// The page for an answer.
#[must_use]
pub fn for_answer(answer: &Answer) -> String {
    match answer {
        Answer::Granted { .. } => page(
            "Logged in",
            "You can close this window and go back to the terminal.",
        ),
        // The issuer of a refusal is compared later, in the login: until then its words may be
        // anybody's, so the page does not repeat the description.
        Answer::Refused { error, .. } => page(
            "Login refused",
            &format!(
                "The authorization server answered: {}",
                redact::printable(error)
            ),
        ),
    }
}

/// A page with a heading and a sentence; both may hold anything.
#[must_use]
pub fn page(title: &str, text: &str) -> String {
    let (title, text) = (escape(title), escape(text));
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
}

/// Text for HTML content and quoted attributes.
fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut escaped, c| {
            if matches!(c, '<' | '>' | '&' | '"' | '\'' | '`') {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(c));
            } else {
                escaped.push(c);
            }
            escaped
        })
}
