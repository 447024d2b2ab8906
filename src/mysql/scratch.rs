//! A scratch schema on the primary in which plans are rehearsed.
//!
//! Invariants:
//! - nothing of it reaches the binary log: without `sql_log_bin=0` there is no scratch schema on a server that logs,
//!   and a schema is dropped under the mode under which it was made (a logged drop would stop the replica, 1008);
//! - nothing in it refers to a table outside: a foreign key would lock the real parent. Texts with qualified names are
//!   refused here, whoever printed them;
//! - each schema is locked (`GET_LOCK`) by the session that uses it, so that what a dead session left behind is known
//!   for what it is, and dropped by the next.

mod companion;

use sha2::{Digest, Sha256};

use super::forms::Trials;
use super::grants::{escaped, quote_account};
use super::introspect::{defaults_on, show_create_on};
use super::session::Session;
use super::{MysqlError, MysqlErrorKind, Server, one_statement};
use crate::model::{SchemaDefaults, SchemaName, ServerZone, TableName};
use crate::sql::quote_identifier;

pub use companion::Companion;

/// The scratch schema's name where wildcard grants do not count (partial_revokes).
pub(super) const FIXED_NAME: &str = "_tablewright_scratch";
const PREFIX: &str = "_tablewright_";

/// A scratch schema and the one session that uses it.
#[derive(Debug)]
pub struct Scratch {
    /// `None` once closed.
    session: Option<Session>,
    schema: SchemaName,
    /// Whether the session is kept out of a binary log that there is.
    unlogged: bool,
    /// Whether definitions may have zero dates as defaults.
    zero_dates: bool,
    /// The time zone in which statements run; `None`: UTC.
    zone: Option<ServerZone>,
}

/// Why there is no scratch schema, and what would help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plans cannot be rehearsed on this server: {why}")]
pub struct ScratchUnavailable {
    /// Why.
    pub why: String,
    /// The GRANT that helps, where one does.
    pub grant: Option<String>,
    /// The server's answer, where it refused.
    #[source]
    pub source: Option<MysqlError>,
}

impl From<MysqlError> for ScratchUnavailable {
    fn from(error: MysqlError) -> Self {
        Self { why: "the scratch session failed".to_owned(), grant: None, source: Some(error) }
    }
}

impl Scratch {
    /// Makes the schema, with the defaults (character set, collation) of the server's own schema. Statements run in the
    /// server's time zone `zone` (`None`: UTC).
    pub async fn open(server: &Server, zone: Option<&ServerZone>) -> Result<Self, ScratchUnavailable> {
        let mut session = server.open().await?;
        // A rehearsal may pause for longer than a minute, and its lock is to live on.
        session.query("SET @@SESSION.wait_timeout = 600", &[]).await?;
        let row = session.query_row(include_str!("queries/scratch_facts.sql"), &[]).await?;
        let account = quote_account(&session.text(&row, 4)?);
        if session.text(&row, 1)? == "1" {
            return Err(unavailable("the server is read_only", None, None));
        }
        let unlogged = session.text(&row, 0)? == "1";
        if unlogged {
            let privilege = super::grants::unlogged_privilege(session.flavour());
            session.query("SET @@SESSION.sql_log_bin = 0", &[]).await.map_err(|error| {
                let grant = format!("GRANT {privilege} ON *.* TO {account}");
                let why = "the account may not keep scratch work out of the binary log (sql_log_bin=0)";
                unavailable(why, Some(grant).filter(|_| error.kind == MysqlErrorKind::Denied), Some(error))
            })?;
        }
        session.fix_restricted_settings().await?;
        let literal = partial_revokes(&mut session).await?;
        let name = if literal {
            FIXED_NAME.to_owned()
        } else {
            let unique = format!("{}/{}", session.text(&row, 2)?, session.text(&row, 3)?);
            let digest = Sha256::digest(unique.as_bytes());
            format!("{PREFIX}{}", digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>())
        };
        drop_leftovers(&mut session).await?;
        let row = session.query_row("SELECT GET_LOCK(CONCAT('tws:', ?), 20)", &[&name]).await?;
        if session.optional(&row, 0)?.as_deref() != Some("1") {
            return Err(unavailable("another session has been using the scratch schema for 20 s", None, None));
        }
        let defaults = defaults_on(&mut session, server.schema()).await?;
        session.send(session.statement(create_schema_text(&name, defaults.as_ref(), "")?)?).await.map_err(|error| {
            let pattern = if literal { escaped(&name, false) } else { r"_tablewright\_%".to_owned() };
            let grant = format!(
                "GRANT SELECT, CREATE, ALTER, DROP, INDEX, REFERENCES, INSERT, SHOW VIEW, TRIGGER, CREATE TEMPORARY \
                 TABLES ON {}.* TO {account}",
                quote_identifier(&pattern)
            );
            let denied = error.kind == MysqlErrorKind::Denied;
            unavailable("the account may not create it", Some(grant).filter(|_| denied), Some(error))
        })?;
        let schema = SchemaName::new(name);
        let mut scratch = Self { session: Some(session), schema, unlogged, zero_dates: false, zone: zone.cloned() };
        let schema = scratch.schema.clone();
        scratch.session()?.use_schema(&schema).await?;
        scratch.session()?.run_in(zone.map(|zone| zone.session.as_str())).await?;
        Ok(scratch)
    }

    /// Its name.
    pub fn schema(&self) -> &SchemaName {
        &self.schema
    }

    /// Switches foreign_key_checks of this session (on when opened).
    pub async fn foreign_key_checks(&mut self, on: bool) -> Result<(), MysqlError> {
        let text = if on { "SET @@SESSION.foreign_key_checks = 1" } else { "SET @@SESSION.foreign_key_checks = 0" };
        self.session()?.query(text, &[]).await.map(drop)
    }

    /// Lets foreign keys refer to a part of a key, as live ones may that were made so, or as the server's default is.
    pub async fn partial_foreign_keys(&mut self, allowed: bool) -> Result<(), MysqlError> {
        let text = if allowed {
            "SET @@SESSION.restrict_fk_on_non_standard_key = 0"
        } else {
            "SET @@SESSION.restrict_fk_on_non_standard_key = DEFAULT"
        };
        self.session()?.query(text, &[]).await.map(drop)
    }

    /// Lets definitions have zero dates as defaults, as statements on such tables are run.
    pub async fn allow_zero_dates(&mut self) -> Result<(), MysqlError> {
        self.session()?.zero_dates(true).await?;
        self.zero_dates = true;
        Ok(())
    }

    /// Runs one DDL statement in the scratch schema. The caller passes texts whose table names are unqualified and
    /// whose foreign-key parents are in the scratch schema (stubs).
    pub async fn run(&mut self, sql: &str) -> Result<(), MysqlError> {
        let session = self.session()?;
        if one_statement::qualifies_a_name(sql) {
            return Err(MysqlError::new(
                session.address(),
                MysqlErrorKind::Refused,
                "a scratch statement names another schema and was not sent",
                "",
            )
            .running(sql));
        }
        // On empty tables it takes no time.
        let statement = session.statement(sql)?;
        session.send(statement).await.map(drop).map_err(|error| error.running(sql))
    }

    /// As [`Scratch::run`], for a definition as the server has shown it: in UTC.
    pub async fn make_again(&mut self, create_table: &str) -> Result<(), MysqlError> {
        self.session()?.set_utc().await?;
        let made = self.run(create_table).await;
        let session = self.session()?;
        if session.usable() {
            session.set_zone().await?;
        }
        made
    }

    /// Answers trials, as far as no other session has taken them.
    pub async fn answer(&mut self, trials: &Trials<'_>) -> Result<(), MysqlError> {
        trials.answer(self.session()?).await
    }

    /// The table's definition there, in UTC; `None` when it does not exist.
    pub async fn show_create(&mut self, name: &TableName) -> Result<Option<String>, MysqlError> {
        let schema = self.schema.clone();
        show_create_on(self.session()?, &schema, name).await
    }

    /// Names of the tables there, sorted.
    pub async fn tables(&mut self) -> Result<Vec<TableName>, MysqlError> {
        let schema = self.schema.clone();
        let session = self.session()?;
        let rows = session.query(include_str!("queries/tables.sql"), &[schema.as_str()]).await?;
        let mut names = Vec::with_capacity(rows.len());
        for row in &rows {
            names.push(TableName::new(session.text(row, 0)?));
        }
        names.sort();
        Ok(names)
    }

    /// Drops one table if it exists.
    pub async fn drop_table(&mut self, name: &TableName) -> Result<(), MysqlError> {
        let session = self.session()?;
        session.ddl(&format!("DROP TABLE IF EXISTS {}", quote_identifier(name.as_str()))).await
    }

    /// Runs the first of these statements that the server accepts, and says which; a candidate that is refused for
    /// its algorithm or lock leads to the next, any other refusal is the answer.
    pub async fn try_candidates(&mut self, candidates: &[String]) -> Result<usize, MysqlError> {
        let mut refused = None;
        for (at, candidate) in candidates.iter().enumerate() {
            match self.run(candidate).await {
                Ok(()) => return Ok(at),
                Err(error) if error.kind == MysqlErrorKind::AlgorithmRefused => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        let address = self.session()?.address().to_string();
        Err(refused.unwrap_or_else(|| MysqlError::unexpected(&address, "no candidate statement was given")))
    }

    /// Drops all tables, so that the schema can be used for the next rehearsal; foreign_key_checks is on after it.
    pub async fn clear(&mut self) -> Result<(), MysqlError> {
        self.foreign_key_checks(false).await?;
        for name in self.tables().await? {
            self.drop_table(&name).await?;
        }
        self.foreign_key_checks(true).await
    }

    /// Drops the schema and closes the session.
    pub async fn close(mut self) -> Result<(), MysqlError> {
        match self.session.take() {
            Some(session) => finish(session, &self.schema).await,
            None => Ok(()),
        }
    }

    fn session(&mut self) -> Result<&mut Session, MysqlError> {
        self.session.as_mut().ok_or_else(|| MysqlError::unexpected("scratch", "the session is closed"))
    }
}

impl Drop for Scratch {
    /// A rehearsal whose future was dropped cleans up too; what this cannot do, the next [`Scratch::open`] does.
    fn drop(&mut self) {
        if let Some(session) = self.session.take().filter(Session::usable)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let schema = self.schema.clone();
            runtime.spawn(async move { finish(session, &schema).await });
        }
    }
}

async fn finish(mut session: Session, schema: &SchemaName) -> Result<(), MysqlError> {
    let dropped = drop_schema(&mut session, schema.as_str()).await;
    session.close().await;
    dropped
}

async fn drop_schema(session: &mut Session, name: &str) -> Result<(), MysqlError> {
    session.query("SET @@SESSION.foreign_key_checks = 0", &[]).await?;
    let text = format!("DROP SCHEMA IF EXISTS {}", quote_identifier(name));
    let dropped = session.send(session.statement(text)?).await.map(drop);
    session.query("SET @@SESSION.foreign_key_checks = 1", &[]).await?;
    dropped
}

/// Drops scratch schemas whose session is gone. This session is unlogged already, as were those that made them.
async fn drop_leftovers(session: &mut Session) -> Result<(), MysqlError> {
    let rows = session.query(include_str!("queries/scratch_leftovers.sql"), &[]).await?;
    for row in &rows {
        let name = session.text(row, 0)?;
        let lock = session.query_row("SELECT GET_LOCK(CONCAT('tws:', ?), 0)", &[&name]).await?;
        if session.optional(&lock, 0)?.as_deref() == Some("1") {
            match drop_schema(session, &name).await {
                // Another account's, or in use by a reader: not our trouble now.
                Err(error) if !error.session_lives() => return Err(error),
                Ok(()) | Err(_) => {}
            }
            session.query("DO RELEASE_LOCK(CONCAT('tws:', ?))", &[&name]).await?;
        }
    }
    Ok(())
}

async fn partial_revokes(session: &mut Session) -> Result<bool, MysqlError> {
    match session.query_row("SELECT @@GLOBAL.partial_revokes", &[]).await {
        Ok(row) => Ok(session.text(&row, 0)? == "1"),
        // MariaDB, and MySQL before 8.0.16: unknown system variable.
        Err(error) if error.code == Some(1193) => Ok(false),
        Err(error) => Err(error),
    }
}

fn unavailable(why: &str, grant: Option<String>, source: Option<MysqlError>) -> ScratchUnavailable {
    ScratchUnavailable { why: why.to_owned(), grant, source }
}

/// `CREATE SCHEMA`, with names of character sets held to letters, digits and underscores.
pub(super) fn create_schema_text(
    name: &str,
    defaults: Option<&SchemaDefaults>,
    condition: &str,
) -> Result<String, MysqlError> {
    let mut text = format!("CREATE SCHEMA {condition}{}", quote_identifier(name));
    if let Some(SchemaDefaults { character_set, collation }) = defaults {
        let plain =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !plain(character_set) || !plain(collation) {
            return Err(MysqlError::new(
                "schema",
                MysqlErrorKind::Refused,
                format!("`{character_set}` and `{collation}` are not a character set and a collation"),
                "name them as SHOW COLLATION does",
            ));
        }
        text.push_str(&format!(" CHARACTER SET {character_set} COLLATE {collation}"));
    }
    Ok(text)
}
