//! The pure engine (normalize, diff, plan) against the conformance corpus, and against a real server where there is one.

mod corpus;
mod normal_form;
mod rule_pages;
mod server;
