//! A second session of a scratch schema, for what temporary tables tell: two cores of a server answer in half the time.

use super::super::forms::Trials;
use super::super::session::Session;
use super::super::{MysqlError, Server};
use super::Scratch;

/// A session in the scratch schema, beside its own. It makes temporary tables only, which nobody else sees, and nothing of
/// it reaches the binary log.
#[derive(Debug)]
pub struct Companion {
    session: Session,
}

impl Companion {
    /// Opens it with the settings of the schema's own session; takes an idle session of the server's where there is one.
    pub async fn open(server: &Server, scratch: &Scratch) -> Result<Self, MysqlError> {
        let mut session = server.detach().await?;
        session.query("SET @@SESSION.wait_timeout = 600", &[]).await?;
        if scratch.unlogged {
            session.query("SET @@SESSION.sql_log_bin = 0", &[]).await?;
        }
        session.fix_restricted_settings().await?;
        if scratch.zero_dates {
            session.zero_dates(true).await?;
        }
        session.use_schema(&scratch.schema).await?;
        session.run_in(scratch.zone.as_ref().map(|zone| zone.session.as_str())).await?;
        Ok(Self { session })
    }

    /// Answers trials on temporary tables, as far as no other session has taken them.
    pub async fn answer(&mut self, trials: &Trials<'_>) -> Result<(), MysqlError> {
        trials.answer(&mut self.session).await
    }

    /// Closes the session.
    pub async fn close(self) {
        self.session.close().await;
    }
}
