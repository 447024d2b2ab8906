//! The slot locks of a run: taken before anything is decided, taken again after the server restarted.

use std::time::Duration;

use super::super::RunFailure;
use crate::mysql::{self, MysqlError, Server, SlotsError, WriterGuard};

/// The guard, as long as there is one.
pub(super) type Guard = Option<WriterGuard>;

/// How long the slots are waited for at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// Takes all slots. An idle session of our own account that still holds one (its process is gone) is killed; one that
/// works is left alone.
pub(super) async fn take(primary: &Server) -> Result<WriterGuard, RunFailure> {
    match mysql::take_all_slots(primary, PATIENCE).await {
        Ok(guard) => return Ok(guard),
        Err(SlotsError::Mysql(error)) => return Err(server(primary, error)),
        Err(SlotsError::Held { .. }) => {}
    }
    for session in mysql::running(primary, None).await.map_err(|error| server(primary, error))? {
        if session.idle
            && session.slot.is_some()
            && let Err(error) = mysql::kill_idle_predecessor(primary, &session).await
        {
            tracing::debug!(connection = session.connection_id, error = %error, "an idle predecessor was not ended");
        }
    }
    match mysql::take_all_slots(primary, PATIENCE).await {
        Ok(guard) => Ok(guard),
        Err(SlotsError::Mysql(error)) => Err(server(primary, error)),
        Err(SlotsError::Held { holder, .. }) => Err(RunFailure::SchemaBusy {
            schema: primary.schema().as_str().to_owned(),
            by: format!("connection {} on {}, slot {}", holder.connection_id, primary.address(), holder.slot),
        }),
    }
}

fn server(primary: &Server, source: MysqlError) -> RunFailure {
    RunFailure::Server {
        doing: format!("taking the writer lock of `{}` on {}", primary.schema(), primary.address()),
        source,
    }
}
