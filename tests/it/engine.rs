//! The pure engine (normalize, diff, plan) against the conformance corpus. What runs on a real server is in `conformance`.

mod corpus;
mod normal_form;
mod offline;
mod recorded;
mod risks;
mod rule_pages;
