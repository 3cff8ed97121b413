//! The parser of one header line. Every step consumes bytes, so it ends; positions are byte offsets.

use super::challenge::Challenge;
use super::lexical::{
    after_blanks, is_token_byte, split_at_any, starts_parameter, starts_value, text, token68,
};
use super::problem::{Malformed, shown};
use super::{Challenges, MAX_CHALLENGES, MAX_PARAMETERS};

/// Where the next parameter belongs. It is kept between lines, which are one list (RFC 9110 section 5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameters {
    /// There was no scheme yet.
    NoScheme,
    /// To the last challenge.
    OfLast,
    /// To the last challenge, which has a token already.
    AfterToken,
    /// To a challenge that exceeds the limit.
    Ignored,
}

/// What is before the next element of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A comma, or the start of the line.
    Comma,
    Scheme,
    /// A parameter or token.
    Element,
}

/// Reads a line. `cut` if the line has more bytes than these.
pub(super) fn read_line(
    into: &mut Challenges,
    parameters: &mut Parameters,
    number: usize,
    line: &[u8],
    cut: bool,
) {
    if let Err(error) = std::str::from_utf8(line)
        // A character that the limit cuts in two.
        && !(cut && error.error_len().is_none())
    {
        into.report(number, error.valid_up_to(), Malformed::NotUtf8);
    }
    LineReader {
        line,
        rest: line,
        number,
        cut,
        into,
        parameters,
    }
    .elements();
}

struct LineReader<'a, 'c> {
    line: &'a [u8],
    /// What is not read yet: the end of `line`.
    rest: &'a [u8],
    number: usize,
    cut: bool,
    into: &'c mut Challenges,
    parameters: &'c mut Parameters,
}

impl<'a> LineReader<'a, '_> {
    fn elements(&mut self) {
        let mut before = Before::Comma;
        loop {
            self.skip_blanks();
            let at = self.position();
            match self.rest.first() {
                None if before == Before::Comma && !self.cut => {
                    return self.report(at, Malformed::EmptyElement);
                }
                None => return,
                Some(b',') => {
                    if before == Before::Comma {
                        self.report(at, Malformed::EmptyElement);
                    }
                    self.eat(b',');
                    before = Before::Comma;
                }
                Some(b';') if before == Before::Element => {
                    self.report(at, Malformed::Semicolon);
                    self.eat(b';');
                    before = Before::Comma;
                }
                Some(_) => before = self.element(before),
            }
        }
    }

    /// Reads a scheme, its token, or a parameter.
    fn element(&mut self, before: Before) -> Before {
        let at = self.position();
        if before == Before::Scheme
            && let Some(token) = token68(self.rest)
            && !(self.has_parameters_only() && token.contains(&b'='))
        {
            self.rest = self.rest.get(token.len()..).unwrap_or_default();
            self.token(at, token);
            return Before::Element;
        }
        let name = self.take_until(b" \t,=\"");
        // After a parameter without a comma, words are rather the rest of an unquoted value, unless a parameter
        // follows, which must not be counted to the challenge before.
        let is_stray = !name.is_empty() && !starts_value(self.rest) && !starts_parameter(self.rest);
        if before == Before::Element && is_stray {
            self.report(at, Malformed::Stray);
            return Before::Element;
        }
        if before == Before::Element {
            self.report(at, Malformed::MissingComma);
        }
        if name.is_empty() {
            self.report(at, Malformed::MissingName);
            if self.eat(b'=') {
                self.skip_blanks();
            }
            self.value();
            return Before::Element;
        }
        if starts_value(self.rest) {
            self.parameter(at, name, before);
            return Before::Element;
        }
        if before == Before::Scheme {
            self.report(at, Malformed::MissingComma);
        }
        self.scheme(at, name);
        Before::Scheme
    }

    fn scheme(&mut self, at: usize, name: &[u8]) {
        self.expect_token(at, name);
        *self.parameters = if self.into.all.len() >= MAX_CHALLENGES {
            self.report(at, Malformed::TooManyChallenges);
            Parameters::Ignored
        } else if self.is_cut() {
            Parameters::Ignored
        } else {
            self.into.all.push(Challenge::new(text(name)));
            Parameters::OfLast
        };
    }

    fn token(&mut self, at: usize, token: &[u8]) {
        if self.is_cut() || *self.parameters == Parameters::Ignored {
            return;
        }
        if self.has_parameters_only() {
            return self.report(at, Malformed::UnexpectedToken);
        }
        if let Some(challenge) = self.into.all.last_mut() {
            challenge.token68 = Some(text(token));
        }
        *self.parameters = Parameters::AfterToken;
    }

    fn parameter(&mut self, at: usize, name: &[u8], before: Before) {
        self.expect_token(at, name);
        self.skip_blanks();
        self.eat(b'=');
        self.skip_blanks();
        let value_at = self.position();
        let (value, quoted) = self.value();
        if self.is_cut() {
            return;
        }
        if value.is_empty() && !quoted {
            self.report(value_at, Malformed::MissingValue(shown(name)));
        } else if !quoted && !value.bytes().all(is_token_byte) {
            self.report(value_at, Malformed::UnquotedValue(shown(name)));
        }
        let fault = match *self.parameters {
            Parameters::NoScheme => Malformed::MissingScheme(shown(name)),
            Parameters::AfterToken => Malformed::ParameterAfterToken(shown(name)),
            Parameters::Ignored => return,
            Parameters::OfLast => {
                if let Some(fault) = self.store(at, name, value, before) {
                    self.report(at, fault);
                }
                return;
            }
        };
        self.report(at, fault);
    }

    /// Adds a parameter to the last challenge, unless that has it already.
    fn store(
        &mut self,
        at: usize,
        name: &[u8],
        value: String,
        before: Before,
    ) -> Option<Malformed> {
        let challenge = self.into.all.last_mut()?;
        let name_text = text(name);
        let is_first = challenge.parameters.is_empty();
        let fault = if challenge.parameter(&name_text).is_some() {
            Some(Malformed::Duplicate(shown(name)))
        } else if challenge.parameters.len() >= MAX_PARAMETERS {
            Some(Malformed::TooManyParameters)
        } else {
            challenge.parameters.push((name_text, value));
            None
        };
        if is_first && before == Before::Comma {
            self.report(at, Malformed::CommaAfterScheme);
        }
        fault
    }

    /// A value, and whether it is quoted.
    fn value(&mut self) -> (String, bool) {
        if self.rest.first() == Some(&b'"') {
            (self.quoted_string(), true)
        } else {
            (text(self.take_until(b" \t,")), false)
        }
    }

    /// RFC 9110 section 5.6.4. An unclosed one ends with the line.
    fn quoted_string(&mut self) -> String {
        let at = self.position();
        self.eat(b'"');
        let mut value = Vec::new();
        let mut control = false;
        while let Some((byte, rest)) = self.rest.split_first() {
            self.rest = rest;
            let byte = match byte {
                b'"' => {
                    if control {
                        self.report(at, Malformed::ControlCharacter);
                    }
                    return text(&value);
                }
                b'\\' => match self.rest.split_first() {
                    Some((escaped, rest)) => {
                        self.rest = rest;
                        *escaped
                    }
                    None => break,
                },
                byte => *byte,
            };
            control |= byte.is_ascii_control() && byte != b'\t';
            value.push(byte);
        }
        if !self.cut {
            self.report(at, Malformed::UnclosedQuote);
        }
        text(&value)
    }

    fn expect_token(&mut self, at: usize, name: &[u8]) {
        if !name.iter().copied().all(is_token_byte) {
            self.report(at, Malformed::NotAToken(shown(name)));
        }
    }

    fn has_parameters_only(&self) -> bool {
        let last = self.into.all.last();
        last.is_some_and(Challenge::has_parameters_only)
    }

    /// Whether what was just read may be longer than what the limit left of it.
    fn is_cut(&self) -> bool {
        self.cut && self.rest.is_empty()
    }

    fn position(&self) -> usize {
        self.line.len().saturating_sub(self.rest.len())
    }

    fn report(&mut self, at: usize, what: Malformed) {
        self.into.report(self.number, at, what);
    }

    fn skip_blanks(&mut self) {
        self.rest = after_blanks(self.rest);
    }

    fn eat(&mut self, wanted: u8) -> bool {
        let rest = self.rest.strip_prefix(&[wanted]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_until(&mut self, ends: &[u8]) -> &'a [u8] {
        let (taken, rest) = split_at_any(self.rest, ends);
        self.rest = rest;
        taken
    }
}
