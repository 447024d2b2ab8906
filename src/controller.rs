//! Keeps what the Table objects of a cluster declare: gathers, decides, acts.
#![allow(dead_code)]

mod backoff;
mod claims;
mod group;
mod lease;
mod store;
mod watch;
mod window;
