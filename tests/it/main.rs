//! Tests on real servers: a MySQL primary with its GTID replica and a Kubernetes control plane, started once per run.
//!
//! `make test` brings the servers. Without them a test says by name that it was skipped; with `CI=true` it fails.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(unreachable_pub, reason = "a test binary has no users")]

mod activity_mariadb;
mod alike;
mod api;
mod argocd;
mod argocd_sync;
mod bad_input;
mod chart;
mod cheaper_ways;
mod commands;
mod conformance;
mod conformance_mariadb;
mod controller;
mod copied;
mod costs;
mod dependants;
mod engine;
mod examples;
mod faults;
mod former_names;
mod generated;
mod generated_rows;
mod getting_started;
mod kept;
mod keys_away;
mod kstatus;
mod lies;
mod locks;
mod multi_writer;
mod names_move;
mod not_begun;
mod observability;
mod own_values;
mod partitions;
mod refused_keys;
mod release;
mod rows;
mod rows_compared;
mod said;
mod support;
mod tidy;
mod time_zones;
mod tls;
mod values;
mod verdicts;
