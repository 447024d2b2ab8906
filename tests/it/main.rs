//! integration

mod engine;
