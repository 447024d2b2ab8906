//! The scratch schema of one plan, opened when something must be asked and not before.

use super::super::observe::Observed;
use super::super::{Connections, PlanOptions, Role};
use crate::mysql::{MysqlError, Scratch, ScratchUnavailable};

/// A scratch schema that may not be open yet.
pub(super) struct Stage<'a> {
    connections: &'a Connections,
    scratch: Option<Scratch>,
    /// Whether a table has a zero date for a default.
    zero_dates: bool,
    /// Whether a rehearsal is wanted and the primary may be written to.
    pub(super) allowed: bool,
}

/// Why a stage gave no answer.
#[derive(Debug)]
pub(super) enum StageError {
    /// There is none to be had.
    Unavailable(Box<ScratchUnavailable>),
    /// The server said no, or nothing.
    Server(MysqlError),
}

impl From<MysqlError> for StageError {
    fn from(error: MysqlError) -> Self {
        Self::Server(error)
    }
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        connections: &'a Connections,
        observed: &Observed,
        options: &PlanOptions,
        zero_dates: bool,
    ) -> Self {
        let writable = match observed.role() {
            Role::Active => true,
            Role::Standby | Role::Fenced(_) => false,
        };
        Self { connections, scratch: None, zero_dates, allowed: writable && !options.without_rehearsal }
    }

    /// The schema, opened now if need be.
    pub(super) async fn scratch(&mut self) -> Result<&mut Scratch, StageError> {
        let scratch = match self.scratch.take() {
            Some(scratch) => scratch,
            None => {
                let mut scratch = Scratch::open(self.connections.primary())
                    .await
                    .map_err(|unavailable| StageError::Unavailable(Box::new(unavailable)))?;
                if self.zero_dates {
                    scratch.allow_zero_dates().await?;
                }
                scratch
            }
        };
        Ok(self.scratch.insert(scratch))
    }

    /// Empties the schema for another rehearsal.
    pub(super) async fn clear(&mut self) -> Result<(), MysqlError> {
        match &mut self.scratch {
            Some(scratch) => scratch.clear().await,
            None => Ok(()),
        }
    }

    /// Drops the schema, if it was opened.
    pub(super) async fn close(self) {
        if let Some(scratch) = self.scratch
            && let Err(error) = scratch.close().await
        {
            tracing::warn!(error = %error, "the scratch schema could not be dropped; the next plan drops it");
        }
    }
}
