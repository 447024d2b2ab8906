//! Slot locks: who may run DDL on a schema (`GET_LOCK('tw:<hash>:<k>')`).
//!
//! Slot 0 is the coordinator's, kept as long as the [`WriterGuard`] lives; slots 1 to [`SLOTS`] are for DDL sessions,
//! each of which holds its own, so that a statement which outlives its coordinator is still seen. A successor takes
//! all of them, in order, before it decides anything.

use std::time::Duration;

use super::{MysqlError, Server};

/// How many DDL sessions one schema can have at once.
pub const SLOTS: u8 = 4;

/// All slots of a schema, held by one session; those of DDL sessions are handed over when these open.
#[derive(Debug)]
pub struct WriterGuard {}

/// Who holds a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotHolder {
    /// Which slot; 0 is the coordinator's.
    pub slot: u8,
    /// The connection that holds it.
    pub connection_id: u64,
}

/// Why the slots were not had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotsError {
    /// Another session holds one.
    #[error(
        "{server}: another tablewright holds the writer lock of this schema (slot {}, connection {})",
        holder.slot, holder.connection_id
    )]
    Held {
        /// `host:port`.
        server: String,
        /// Who.
        holder: SlotHolder,
    },
    /// The server could not be asked.
    #[error("the writer lock could not be taken")]
    Mysql(#[source] MysqlError),
}

impl WriterGuard {
    /// Whether the session still lives and holds slot 0.
    pub async fn is_held(&mut self) -> bool {
        todo!()
    }

    /// Gives all slots back and closes the session.
    pub async fn release(self) {
        todo!()
    }
}

/// Takes all slots of the server's schema, or says who holds one after `timeout`.
pub async fn take_all_slots(_server: &Server, _timeout: Duration) -> Result<WriterGuard, SlotsError> {
    todo!()
}
