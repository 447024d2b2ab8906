//! Keeps what the Table objects of a cluster declare: gathers, decides, acts.
#![allow(dead_code)]

mod assess;
mod backoff;
mod claims;
mod condition;
mod dereference;
mod event;
mod execute;
mod group;
mod inspect;
mod journal;
mod lease;
mod lifecycle;
mod overlay;
mod patch;
mod propose;
mod store;
mod validate;
mod verdict;
mod view;
mod watch;
mod window;
