//! tablewright keeps MySQL schemas as they are declared and proves that every change has arrived on the replica.
//!
//! The modules are layers; each may use only those above it in this list (held by `tests/it/tidy.rs`).

pub mod api;
pub mod apply;
pub mod cli;
pub mod controller;
pub mod diff;
pub mod model;
pub mod mysql;
pub mod normalize;
pub mod plan;
pub mod rules;
pub mod sql;
pub mod telemetry;
pub mod web;
