//! `WWW-Authenticate`, read strictly (RFC 9110 section 11.6.1): what a client could misread is an
//! error here.

/// One challenge.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    /// In lower case.
    pub(super) scheme: String,
    /// Names in lower case, values without their quotes.
    params: Vec<(String, String)>,
}

impl Challenge {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut params = self.params.iter();
        let (_, value) = params.find(|(known, _)| known == name)?;
        Some(value)
    }
}

/// The challenges of all header values.
///
/// # Errors
///
/// Where the text is none that RFC 9110 allows.
pub(super) fn read(values: &[&str]) -> Result<Vec<Challenge>, String> {
    let mut challenges = Vec::new();
    for value in values {
        Reader { rest: value }
            .challenges(&mut challenges)
            .map_err(|problem| format!("WWW-Authenticate is malformed ({problem}): {value}"))?;
    }
    Ok(challenges)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn challenges(&mut self, into: &mut Vec<Challenge>) -> Result<(), &'static str> {
        loop {
            self.spaces();
            let name = self.token().ok_or("a scheme or parameter is missing")?;
            self.spaces();
            if self.eat('=') {
                self.spaces();
                let value = self.value()?;
                let challenge = into.last_mut().ok_or("a parameter before any scheme")?;
                let name = name.to_ascii_lowercase();
                if challenge.get(&name).is_some() {
                    return Err("a parameter is there twice");
                }
                challenge.params.push((name, value));
            } else {
                into.push(Challenge {
                    scheme: name.to_ascii_lowercase(),
                    params: Vec::new(),
                });
                if self.rest.is_empty() {
                    return Ok(());
                }
                if !self.rest.starts_with(',') {
                    continue;
                }
            }
            self.spaces();
            if self.rest.is_empty() {
                return Ok(());
            }
            if !self.eat(',') {
                return Err("a comma is missing");
            }
        }
    }

    fn value(&mut self) -> Result<String, &'static str> {
        if !self.eat('"') {
            return Ok(self.token().ok_or("a value is missing")?.to_owned());
        }
        let mut value = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    (_, self.rest) = self.rest.split_at(at + 1);
                    return Ok(value);
                }
                '\\' => match characters.next() {
                    Some((_, escaped)) => value.push(escaped),
                    None => break,
                },
                character => value.push(character),
            }
        }
        Err("a quote is not closed")
    }

    /// RFC 9110 section 5.6.2.
    fn token(&mut self) -> Option<&'a str> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!token.is_empty()).then_some(token)
    }

    fn spaces(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn eat(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn reads_schemes_and_parameters() {
        let text = r#"Basic realm="a \"b\", c", Bearer error="invalid_token", scope=mcp:x"#;
        assert!(read(&[text]).is_err(), "a colon is none of a token");
        let text = r#"Basic realm="a \"b\", c", bearer Error="invalid_token" , scope = "x y""#;
        let challenges = read(&[text, "DPoP"]).unwrap();
        let schemes: Vec<&str> = challenges.iter().map(|c| c.scheme.as_str()).collect();
        assert_eq!(schemes, ["basic", "bearer", "dpop"]);
        assert_eq!(challenges[0].get("realm"), Some("a \"b\", c"));
        assert_eq!(challenges[1].get("error"), Some("invalid_token"));
        assert_eq!(challenges[1].get("scope"), Some("x y"));
        assert_eq!(challenges[1].get("realm"), None);
    }

    #[test]
    fn refuses_what_a_client_could_misread() {
        for malformed in [
            "",
            "=x",
            "Bearer error=\"x",
            "Bearer error=",
            "Bearer error=\"x\" scope=\"y\"",
            "Bearer error=\"x\", error=\"y\"",
            "Bearer error=\"x\",",
        ] {
            assert!(read(&[malformed]).is_err(), "{malformed}");
        }
        assert!(read(&["Bearer error=\"x\""]).is_ok(), "the control");
    }
}
