//! The controller, on real servers.

mod faults;
mod main_job;
mod plugin;
mod policy;
mod regions;
mod replicas;
