//! Everything that talks to a MySQL server: sessions, introspection, execution, scratch proof, replica observation.
//!
//! What it is not: it decides nothing. It reports what is, and runs what `apply` hands it.
//!
//! Invariants held here:
//! - every session has the fixed settings of [`session`], so that what two servers print is comparable;
//! - text reaches a server only through [`one_statement`], as exactly one statement;
//! - DDL runs in a session that holds its slot lock, on the server that it was meant for: see [`slots`] and [`ddl`];
//! - a replica is only read;
//! - rows of user tables are counted and summed up, within bounds, and nothing else is asked of them: see [`rows`] and
//!   [`checksum`];
//! - no password and no row value is in any error, log line or Debug output: see [`error`].

mod activity;
mod answer;
mod blockers;
mod canonical;
mod checksum;
mod ddl;
mod endpoint;
mod errant;
mod error;
mod forms;
mod grants;
mod gtid_set;
mod identity;
mod introspect;
mod link;
mod login;
mod masking;
mod one_statement;
mod pool;
mod queries;
mod replica;
mod rows;
mod running;
mod scratch;
mod session;
mod slots;
mod source_log;
#[cfg(test)]
mod tests_lies;
#[cfg(test)]
mod tests_server;
mod time_zone;
mod unwind;

pub use activity::{Activity, LongestStatement, SessionActivity, SessionKind, Unseen, activity};
pub use blockers::{Blocker, blockers};
pub use canonical::Canonicalizer;
pub use checksum::{Boundary, KeyRange, NotReadable, ReadFailure, RowReader, RowShape, RowSide, RowSum};
pub use ddl::{Canceller, DdlFailure, DdlOpenError, DdlSession, DdlSettings, create_schema, gtid_source, was_executed};
pub use endpoint::{ClientCertificate, Endpoint, EndpointError, Pem, Secret, Tls, TlsMode, User};
pub use errant::{History, history};
pub use error::{MysqlError, MysqlErrorKind, contradicted_by_rows};
pub use forms::{Answer, Trial, Trials};
pub use grants::{Capabilities, Capability, MissingPrivilege, ServerRole, capabilities};
pub use gtid_set::{GtidSet, GtidSetError};
pub use identity::{GtidMode, MultiWriter, ReplicationSource, ServerIdentity, executed_gtids, identify};
pub use introspect::{
    ForeignKeyEdge, LiveTable, RowVersions, TableKind, TableSize, checks_named, dependants, foreign_key_edges,
    is_table_elsewhere, list_tables, row_formats, row_versions, schema_defaults, show_create_table, show_create_tables,
    sizes,
};
pub use pool::Server;
pub use replica::{ApplierWait, Channel, Filter, ReplicaState, ThreadState, WaitOutcome, observe, wait_for_gtids};
pub use rows::{CountBounds, Counted, count, time_was_over};
pub use running::{RunningDdl, Stage, kill_idle_predecessor, running};
pub use scratch::{Companion, Scratch, ScratchUnavailable};
pub use slots::{SLOTS, SlotHolder, SlotsError, WriterGuard, take_all_slots};
pub use source_log::{SourceLog, source_log, uptime};
pub use time_zone::{converted, zone_offsets};
