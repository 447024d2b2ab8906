//! The controller, on real servers.

mod faults;
mod git;
mod history;
mod main_job;
mod plugin;
mod policy;
mod regions;
mod replicas;
mod rows;
mod secrecy;
