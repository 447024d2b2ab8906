//! The scratch schema of one plan, opened when something must be asked and not before.

use super::super::observe::Observed;
use super::super::{Connections, PlanOptions, Role};
use crate::model::ServerZone;
use crate::mysql::{Companion, MysqlError, Scratch, ScratchUnavailable, Trials};

/// From how many messages on a second session is worth its preparation.
const MANY: usize = 2;

/// A scratch schema that may not be open yet.
pub(super) struct Stage<'a> {
    connections: &'a Connections,
    zone: Option<ServerZone>,
    scratch: Option<Scratch>,
    companion: Option<Companion>,
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

/// Does something on the schema's own session, while the second one, if there is one, answers trials.
pub(super) async fn beside(
    companion: &mut Option<Companion>,
    trials: &Trials<'_>,
    own: impl Future<Output = Result<(), StageError>>,
) -> Result<(), StageError> {
    let other = async {
        match companion {
            Some(companion) => companion.answer(trials).await,
            None => Ok(()),
        }
    };
    let (own, other) = tokio::join!(own, other);
    other?;
    own
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
        Self {
            connections,
            zone: observed.facts().time_zone.clone(),
            scratch: None,
            companion: None,
            zero_dates,
            allowed: writable && !options.without_rehearsal,
        }
    }

    /// The schema, opened now if need be.
    pub(super) async fn scratch(&mut self) -> Result<&mut Scratch, StageError> {
        let scratch = match self.scratch.take() {
            Some(scratch) => scratch,
            None => {
                let mut scratch = Scratch::open(self.connections.primary(), self.zone.as_ref())
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

    /// A second session for these trials, where there are enough of them; to be given back by [`Stage::keep`]. Without one
    /// the schema's own does all.
    pub(super) async fn companion(&mut self, trials: &Trials<'_>) -> Result<Option<Companion>, StageError> {
        if trials.messages() < MANY {
            return Ok(None);
        }
        if let Some(companion) = self.companion.take() {
            return Ok(Some(companion));
        }
        let primary = self.connections.primary();
        let opened = Companion::open(primary, self.scratch().await?).await;
        Ok(opened.inspect_err(|error| tracing::debug!(error = %error, "no second session for a rehearsal")).ok())
    }

    /// Takes it back for the next trials.
    pub(super) fn keep(&mut self, companion: Option<Companion>) {
        self.companion = companion.or(self.companion.take());
    }

    /// Answers trials on the schema's own session, as far as no other has taken them.
    pub(super) async fn answer(&mut self, trials: &Trials<'_>) -> Result<(), StageError> {
        if trials.messages() > 0 {
            self.scratch().await?.answer(trials).await?;
        }
        Ok(())
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
        let Self { scratch, companion, .. } = self;
        let schema = async {
            if let Some(scratch) = scratch
                && let Err(error) = scratch.close().await
            {
                tracing::warn!(error = %error, "the scratch schema could not be dropped; the next plan drops it");
            }
        };
        let second = async {
            if let Some(companion) = companion {
                companion.close().await;
            }
        };
        tokio::join!(schema, second);
    }
}
