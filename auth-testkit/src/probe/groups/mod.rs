//! The probes, a file for each group.

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
