//! Order, split, risk, algorithm, policy and digest: from changes to a proposal. Pure.
//!
//! [`draft`] makes statements with the algorithms worth trying; whoever has a server rehearses them; [`propose`] makes
//! of draft and choice what is put before a person.

mod draft;
mod fingerprint;
mod locks;
mod policy;
pub mod proposal;
mod propose;
mod risk;
mod stall;

pub use draft::{Candidate, Draft, DraftStatement, Effect, Part, describe, draft};
pub use fingerprint::{ABSENT, fingerprint};
pub use policy::waits_for_approval;
pub use propose::{Chosen, FindingName, ProposeError, Proposed, Request, TableSize, digest_of, propose};
