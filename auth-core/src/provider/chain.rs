//! A provider followed by further verifiers: metadata, scopes, policies and revocations are those of the provider.

use std::sync::Arc;

use super::{AuthProvider, DocumentSource, ProtectedResourceMetadata};
use crate::policy::Policy;
use crate::revocation::Revocations;
use crate::token::Scopes;
use crate::verifier::{ByShape, Or, TokenVerifier};

macro_rules! provides_what_its_first_does {
    ($chain:ident, $first:ident) => {
        // Without this lint a forgotten method would silently be the default instead of the provider's.
        #[deny(clippy::missing_trait_methods)]
        impl<P: AuthProvider, V: TokenVerifier> AuthProvider for $chain<P, V> {
            fn metadata(&self) -> &ProtectedResourceMetadata {
                self.$first.metadata()
            }

            fn required_scopes(&self) -> &Scopes {
                self.$first.required_scopes()
            }

            fn policy(&self) -> Option<&dyn Policy> {
                self.$first.policy()
            }

            fn documents(&self) -> Vec<Arc<dyn DocumentSource>> {
                self.$first.documents()
            }

            fn revocations(&self) -> Option<Arc<dyn Revocations>> {
                self.$first.revocations()
            }
        }
    };
}

provides_what_its_first_does!(Or, first);
provides_what_its_first_does!(ByShape, jwts);
