//! Order, split, risk, algorithm, policy and digest: from changes to a proposal. Pure.

pub mod proposal;
