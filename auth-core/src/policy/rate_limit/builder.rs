//! [`RateLimitBuilder`]: the quotas, and the detection of mistakes in them.

use std::sync::Arc;

use super::budgets::Budgets;
use super::key::{Key, KeyHasher};
use super::limit::Limit;
use super::quota::Quota;
use super::rate_limit::{Checked, RateLimit};
use crate::error::{ConfigError, ConfigErrors};
use crate::operation::Primitive;
use crate::policy::operations::Pattern;
use crate::support::{Clock, SystemClock};

/// Default of [`RateLimitBuilder::max_budgets`]: at most some 15 MB.
const DEFAULT_MAX_BUDGETS: usize = 100_000;

/// Builds a [`RateLimit`]. In names and URIs, `*` matches any number of any characters.
#[derive(Debug)]
#[must_use = "call build() to get the authorizer"]
pub struct RateLimitBuilder {
    limits: Vec<Limit>,
    max_budgets: usize,
    clock: Arc<dyn Clock>,
}

impl RateLimit {
    /// A builder without quotas.
    pub fn builder() -> RateLimitBuilder {
        RateLimitBuilder {
            limits: Vec::new(),
            max_budgets: DEFAULT_MAX_BUDGETS,
            clock: Arc::new(SystemClock::new()),
        }
    }
}

impl RateLimitBuilder {
    /// Counts every operation of all requests, and requests without one, such as opening a stream. A client
    /// sends several requests before it calls its first tool.
    pub fn per(self, key: Key, quota: Quota) -> Self {
        self.limit(key, quota, None)
    }

    /// Counts the calls of tools whose name matches: all of them have one budget together, so that a caller
    /// who makes up names has no more than one who does not.
    pub fn tool(self, name: &str, key: Key, quota: Quota) -> Self {
        self.limit(key, quota, Some((Primitive::Tool, name)))
    }

    /// Counts the requests about prompts whose name matches; as for [tools](Self::tool), all of them have
    /// one budget.
    pub fn prompt(self, name: &str, key: Key, quota: Quota) -> Self {
        self.limit(key, quota, Some((Primitive::Prompt, name)))
    }

    /// Counts the requests about resources, templates and skills whose URI matches; as for
    /// [tools](Self::tool), all of them have one budget.
    pub fn resource(self, uri: &str, key: Key, quota: Quota) -> Self {
        self.limit(key, quota, Some((Primitive::Resource, uri)))
    }

    /// Sets how many budgets can be in use at once: those that are not full. While that many are, the
    /// requests of further callers are refused with 503. A budget is in use from the first request until it is
    /// full again: a [`Quota::per_day`] keeps one for each caller of a day. Default: 100,000, which take at
    /// most some 15 MB.
    pub fn max_budgets(mut self, budgets: usize) -> Self {
        self.max_budgets = budgets;
        self
    }

    /// Sets the clock. Default: that of the system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the authorizer.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every mistake: no quota, one that allows nothing, takes more than a year to fill
    /// up or is duplicated, an empty name, and fewer budgets than one request needs.
    pub fn build(self) -> Result<RateLimit, ConfigErrors> {
        const SETTING: &str = "rate_limit";
        let mut errors = ConfigErrors::default();
        let mut problem = |problem: String| errors.push(ConfigError::new(SETTING, problem));
        if self.limits.is_empty() {
            problem("has no quota: add one with per, tool, prompt or resource".into());
        }
        if self.max_budgets < self.limits.len() {
            problem(format!(
                "has max_budgets {}, and one request may need {}: raise max_budgets",
                self.max_budgets,
                self.limits.len()
            ));
        }
        let mut checked: Vec<Checked> = Vec::new();
        for limit in self.limits {
            let name = limit.to_string();
            if checked.iter().any(|earlier| earlier.limit == limit) {
                problem(format!("has the quota of {name} twice: remove one"));
            }
            if let Some((primitive, pattern)) = &limit.target
                && pattern.to_string().is_empty()
            {
                problem(format!(
                    "has a quota about a {primitive} without a name: use * for every {primitive}"
                ));
            }
            match limit.quota.rate() {
                Ok(rate) => checked.push(Checked {
                    name: format!("quota of {name}").into(),
                    limit,
                    rate,
                }),
                Err(error) => problem(format!("has the quota of {name}, which {error}")),
            }
        }
        errors.into_result()?;
        Ok(RateLimit {
            limits: checked.into(),
            budgets: Budgets::new(self.max_budgets),
            keys: KeyHasher::default(),
            clock: self.clock,
        })
    }

    fn limit(mut self, key: Key, quota: Quota, target: Option<(Primitive, &str)>) -> Self {
        let target = target.map(|(primitive, name)| (primitive, Pattern::new(name)));
        self.limits.push(Limit { key, quota, target });
        self
    }
}
