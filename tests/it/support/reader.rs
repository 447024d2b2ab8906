//! A transaction that has read or written a table and stays open: what blocks DDL everywhere.

use std::{
    process::{Child, Stdio},
    time::Duration,
};

use super::pair::{Pair, Role, eventually};

/// The open transaction; it ends when this goes out of scope.
#[derive(Debug)]
pub struct Reader<'a> {
    pair: &'a Pair,
    role: Role,
    schema: String,
    client: Child,
}

/// Its session: one at a time per schema.
fn sessions(what: &str, schema: &str) -> String {
    format!("SELECT {what} FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%' AND db = '{schema}'")
}

impl<'a> Reader<'a> {
    /// Reads the table and keeps the transaction open. One at a time per schema.
    #[track_caller]
    pub fn open(pair: &'a Pair, role: Role, schema: &str, table: &str) -> Self {
        Self::after(pair, role, schema, &format!("SELECT COUNT(*) FROM `{table}`"))
    }

    /// Runs this statement and keeps the transaction open: what it wrote nobody else sees yet.
    #[track_caller]
    pub fn after(pair: &'a Pair, role: Role, schema: &str, statement: &str) -> Self {
        let text = format!("BEGIN; {statement}; SELECT SLEEP(600); COMMIT");
        let client = pair.client(role, schema).args(["-e", &text]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let client = client.expect("the client starts");
        eventually("the transaction is open", Duration::from_secs(60), || {
            pair.sql(role, "", &sessions("COUNT(*)", schema)).trim() == "1"
        });
        Self { pair, role, schema: schema.to_owned(), client }
    }

    /// The server ends it.
    pub fn end(self) {}

    /// It commits: a SLEEP that is interrupted is no error (manual, "Miscellaneous Functions").
    #[track_caller]
    pub fn commit(mut self) {
        let id = self.pair.sql(self.role, "", &sessions("id", &self.schema));
        self.pair.sql(self.role, "", &format!("KILL QUERY {}", id.trim()));
        let ended = self.client.wait().expect("the client ends");
        assert!(ended.success(), "the transaction was not committed");
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if let Ok(id) = self.pair.try_sql(self.role, "", &sessions("id", &self.schema)) {
            let _ = self.pair.try_sql(self.role, "", &format!("KILL {}", id.trim()));
        }
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}
