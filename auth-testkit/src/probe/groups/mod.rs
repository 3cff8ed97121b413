//! The probes, a file for each group.

mod api_keys;
mod challenge;
mod claims;
mod coverage;
mod extraction;
mod identity;
mod keys;
mod login;
mod origin;
mod scope;
mod secrets;
mod signature;

use std::future::Future;
use std::task::Poll;

use super::catalogue::{Group, Probe};

impl Probe {
    /// Every probe.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for group in Group::all() {
            all.extend(of(*group));
        }
        all
    }
}

/// The probes of a group.
pub(super) fn of(group: Group) -> Vec<Probe> {
    match group {
        Group::Challenge => challenge::probes(),
        Group::Extraction => extraction::probes(),
        Group::Signature => signature::probes(),
        Group::Claims => claims::probes(),
        Group::Scope => scope::probes(),
        Group::Coverage => coverage::probes(),
        Group::Identity => identity::probes(),
        Group::Origin => origin::probes(),
        Group::Secrets => secrets::probes(),
        Group::Keys => keys::probes(),
        Group::ApiKeys => api_keys::probes(),
    }
}

/// All at once, in their order.
async fn together<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in all.iter_mut().zip(&mut done) {
            if done.is_none()
                && let Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        match done.iter().all(Option::is_some) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use crate::probe::catalogue::{How, Probe};
    use crate::{Defect, KeyDefect};

    /// Defects that no probe shows to a server, each with its reason.
    const NOT_PROBED: &[(Defect, &str)] = &[
        (
            Defect::WithoutKid,
            "the RFCs leave it a choice: there is but one key",
        ),
        (
            Defect::AudienceIsOnlyTheUrl,
            "only Scalekit demands the resource id beside the URL",
        ),
    ];

    #[test]
    fn every_defect_has_a_probe_or_a_reason_to_have_none() {
        for defect in Defect::all() {
            let shows =
                |probe: &Probe| matches!(probe.how, How::Refuses(shown) if shown == *defect);
            let has_probe = Probe::all().iter().any(shows);
            let excused = NOT_PROBED.iter().any(|(excused, _)| excused == defect);
            assert!(
                has_probe != excused,
                "{defect}: expected in the DEFECTS of one group of src/probe/groups, or in NOT_PROBED"
            );
        }
    }
    #[test]
    fn every_defect_of_a_key_has_a_probe() {
        for defect in KeyDefect::all() {
            let shows =
                |probe: &Probe| matches!(probe.how, How::RefusesKey(shown) if shown == *defect);
            assert!(
                Probe::all().iter().any(shows),
                "{defect}: expected in src/probe/groups/api_keys.rs"
            );
        }
    }
}
