//! Checks that a verifier refuses every defect.

use std::fmt::Write;

use super::{Defect, TokenBuilder};

impl TokenBuilder {
    /// Verifies this token, then a copy with each defect of the catalogue, then this token again. `accepts` returns whether a token is accepted.
    ///
    /// A verifier that refuses every token does not pass: the control must be accepted first and last. Each invalid
    /// token differs from it in one respect, so it is refused for that and nothing else.
    ///
    /// ```
    /// # async fn example(app: impl AsyncFn(String) -> u16) {
    /// # let scalekit = auth_testkit::MockScalekit::start().await;
    /// let control = scalekit.token().scopes(["notes:read"]);
    /// control.check_rejects_all_defects(async |jwt| app(jwt).await == 200).await;
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When the control is refused, and when defects are accepted: the message names them all.
    pub async fn check_rejects_all_defects(&self, accepts: impl AsyncFnMut(String) -> bool) {
        self.check_rejects_all_defects_except(&[], accepts).await;
    }

    /// As [`check_rejects_all_defects`](Self::check_rejects_all_defects), but these are expected to be
    /// accepted: an exception that is not needed any more is reported as well.
    ///
    /// # Panics
    ///
    /// As [`check_rejects_all_defects`](Self::check_rejects_all_defects).
    pub async fn check_rejects_all_defects_except(
        &self,
        exceptions: &[Defect],
        mut accepts: impl AsyncFnMut(String) -> bool,
    ) {
        assert!(
            accepts(self.sign()).await,
            "the valid token was refused, so refusing invalid ones proves nothing: \
             are issuer, audience, key set URL and clock those of the mock?"
        );
        let mut wrong = String::new();
        for defect in Defect::all() {
            let accepted = accepts(self.clone().with(*defect).sign()).await;
            let expected = exceptions.contains(defect);
            let verdict = match accepted {
                true if !expected => "was accepted",
                false if expected => "was refused, so it needs no exception",
                _ => continue,
            };
            let _ = write!(wrong, "\n  {defect} ({}) {verdict}", defect.rule());
        }
        assert!(
            accepts(self.sign()).await,
            "the valid token was accepted before the invalid ones and refused after them"
        );
        assert!(
            wrong.is_empty(),
            "of {} invalid tokens:{wrong}",
            Defect::all().len()
        );
    }
}
