//! What the tests stand on: servers, the binary under test, schemas of their own.

pub mod argocd;
pub mod binary;
pub mod cases;
pub mod certificates;
pub mod cluster;
pub mod collector;
pub mod compare;
pub mod deployment;
pub mod env_file;
pub mod helm;
pub mod mariadb;
pub mod page;
pub mod pair;
pub mod reader;
pub mod relay;
pub mod scene;
pub mod talk;
pub mod zone;
