//! Slot locks: who may run DDL on a schema (`GET_LOCK('tw:<hash>:<k>')`).
//!
//! Slot 0 is the coordinator's, kept as long as the [`WriterGuard`] lives; slots 1 to [`SLOTS`] are for DDL sessions,
//! each of which holds its own, so that a statement which outlives its coordinator is still seen. A successor takes
//! all of them, in order, before it decides anything; since all take them in order, whoever holds slot 0 can hand the
//! others over without a race.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::session::Session;
use super::{MysqlError, Server};
use crate::model::SchemaName;

/// How many DDL sessions one schema can have at once.
pub const SLOTS: u8 = 4;
/// How often an idle session that holds a slot says that it lives; `wait_timeout` is 60 s.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);

/// All slots of a schema, held by one session; those of DDL sessions are handed over when these open.
#[derive(Debug)]
pub struct WriterGuard {
    /// `None` once the session is found dead, or is released.
    session: Arc<Mutex<Option<Session>>>,
    schema: SchemaName,
    connection_id: u64,
}

/// Who holds a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotHolder {
    /// Which slot; 0 is the coordinator's.
    pub slot: u8,
    /// The connection that holds it; 0 when it was free again a moment later.
    pub connection_id: u64,
}

/// Why the slots were not had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotsError {
    /// Another session holds one.
    #[error(
        "{server}: another tablewright holds the writer lock of this schema (slot {}, connection {}); wait until it \
         has finished, or see what it runs",
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
    Mysql(#[from] MysqlError),
}

impl WriterGuard {
    /// Whether the session still lives and holds slot 0.
    pub async fn is_held(&mut self) -> bool {
        beat(&self.session, &self.schema).await
    }

    /// The connection that holds the slots.
    pub fn connection_id(&self) -> u64 {
        self.connection_id
    }

    /// Gives all slots back and closes the session.
    pub async fn release(self) {
        if let Some(session) = self.session.lock().await.take() {
            session.close().await;
        }
    }

    /// Gives one slot back, for a DDL session that takes it at once.
    pub(super) async fn hand_over(&mut self, slot: u8) -> Result<(), MysqlError> {
        let mut held = self.session.lock().await;
        let session = held.as_mut().ok_or_else(|| MysqlError::unexpected("slots", "the writer lock was lost"))?;
        session.query("DO RELEASE_LOCK(?)", &[&slot_name(&self.schema, slot)]).await.map(drop)
    }
}

/// Takes all slots of the server's schema, or says who holds one after `timeout`.
pub async fn take_all_slots(server: &Server, timeout: Duration) -> Result<WriterGuard, SlotsError> {
    let until = Instant::now() + timeout;
    let mut session = server.open().await?;
    for slot in 0..=SLOTS {
        while !take(&mut session, server.schema(), slot, until).await? {
            if Instant::now() >= until {
                let holder = SlotHolder { slot, connection_id: holder(&mut session, server.schema(), slot).await? };
                session.close().await;
                return Err(SlotsError::Held { server: server.address().to_owned(), holder });
            }
        }
    }
    let connection_id = session.id();
    let guard =
        WriterGuard { session: Arc::new(Mutex::new(Some(session))), schema: server.schema().clone(), connection_id };
    let (session, schema) = (Arc::downgrade(&guard.session), guard.schema.clone());
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            match session.upgrade() {
                Some(session) if beat(&session, &schema).await => {}
                Some(_) | None => return,
            }
        }
    });
    Ok(guard)
}

/// Asks for one slot, for a second at most: a dropped future leaves no long wait behind.
pub(super) async fn take(
    session: &mut Session,
    schema: &SchemaName,
    slot: u8,
    until: Instant,
) -> Result<bool, MysqlError> {
    let seconds = u64::from(until.saturating_duration_since(Instant::now()) > Duration::from_millis(200));
    let row = session.query_row("SELECT GET_LOCK(?, ?)", &[&slot_name(schema, slot), &seconds.to_string()]).await?;
    Ok(session.optional(&row, 0)?.as_deref() == Some("1"))
}

/// Which connection holds a slot; 0: none.
pub(super) async fn holder(session: &mut Session, schema: &SchemaName, slot: u8) -> Result<u64, MysqlError> {
    let row = session.query_row("SELECT IS_USED_LOCK(?)", &[&slot_name(schema, slot)]).await?;
    Ok(session.optional_number(&row, 0)?.unwrap_or_default())
}

/// The slot's lock. Schemas whose names differ only by case share it: on some servers they are one.
pub(super) fn slot_name(schema: &SchemaName, slot: u8) -> String {
    let digest = Sha256::digest(schema.as_str().to_lowercase().as_bytes());
    let hash: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("tw:{hash}:{slot}")
}

/// Whether the session holds slot 0; a session that does not is dropped.
async fn beat(session: &Mutex<Option<Session>>, schema: &SchemaName) -> bool {
    let mut held = session.lock().await;
    let Some(session) = held.as_mut() else { return false };
    let id = session.id();
    let holds = holder(session, schema, 0).await.is_ok_and(|holder| holder == id);
    if !holds {
        *held = None;
    }
    holds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_enough_and_differ() {
        let name = slot_name(&SchemaName::new("s".repeat(64)), SLOTS);
        // Longer ones are refused: 4163.
        assert!(name.len() <= 64, "{name}");
        assert_ne!(slot_name(&SchemaName::new("a"), 0), slot_name(&SchemaName::new("a"), 1));
        assert_ne!(slot_name(&SchemaName::new("a"), 0), slot_name(&SchemaName::new("b"), 0));
        assert_eq!(slot_name(&SchemaName::new("A"), 0), slot_name(&SchemaName::new("a"), 0));
    }
}
