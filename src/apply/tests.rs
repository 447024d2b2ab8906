//! Against real servers: `scripts/mysql-pair.sh start DIR; set -a; . DIR/env`; skipped by name where there are none.

mod admin;
mod bench;
mod chaos;
mod faults;
mod main_path;
