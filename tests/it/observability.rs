//! What people and machines see of the controller: metrics, alerts, the dashboard, log lines, traces, events, the audit log.

mod alerts;
mod dashboard;
mod delivery;
mod failures;
mod guide;
mod promtool;
mod scenario;
pub mod scrape;
