//! tablewright keeps MySQL schemas as they are declared and proves that every change has arrived on the replica.
//!
//! The modules are layers; each may use only those above it in this list (held by `tests/it/tidy.rs`).

pub mod model;
pub mod sql;
pub mod normalize;
pub mod diff;
pub mod rules;
pub mod plan;
pub mod telemetry;
pub mod mysql;
pub mod apply;
pub mod api;
pub mod web;
pub mod controller;
pub mod cli;
