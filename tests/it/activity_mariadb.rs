//! What a MariaDB does that concerns a change: named where it tells, and said where it does not.

use std::time::Duration;

use tablewright::{
    model::TableName,
    mysql::{Activity, Endpoint, Server, ServerRole, SessionKind, activity},
};

use crate::support::{
    mariadb::{Mariadb, own, shared},
    pair::eventually,
    scene::LIMIT,
    talk::Talk,
};

/// A look with the account that has exactly the documented privileges.
fn look(server: &Mariadb, schema: &str) -> Activity {
    let (endpoint, name) = Endpoint::from_url(&server.url(schema)).expect("a URL");
    let looked = async {
        let server = Server::new(endpoint, name);
        let seen = activity(&server, ServerRole::Primary, &[TableName::new("t")], Duration::from_secs(60)).await;
        server.close().await;
        seen
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(looked).expect("it answers")
}

#[test]
fn mariadb_names_who_is_in_the_way_where_it_can() {
    let Some(server) = shared("mariadb_names_who_is_in_the_way") else { return };
    let schema = server.schema("activity");
    server.sql(&schema, "CREATE TABLE t (a int) ENGINE=InnoDB; INSERT INTO t VALUES (1)");
    let mut application = Talk::over(server.client(&schema));
    application.say("BEGIN");
    application.say("SELECT COUNT(*) FROM t");

    // As it is delivered: nobody is named, and the way out is.
    let seen = look(server, &schema);
    assert!(seen.sessions.is_empty(), "{seen:?}");
    let remedies: Vec<&str> = seen.unseen.iter().map(|unseen| unseen.remedy.as_str()).collect();
    assert!(remedies.contains(&"INSTALL SONAME 'metadata_lock_info'"), "{remedies:?}");
    assert!(seen.threads_running.is_some() && seen.history_length.is_some(), "{seen:?}");

    // DDL is seen in the process list all the same; here it waits.
    let mut colleague = server.client(&schema);
    let mut colleague = colleague.args(["-e", "ALTER TABLE t ADD COLUMN b int"]).spawn().expect("the client starts");
    let waiting = format!(
        "FROM information_schema.processlist WHERE db = '{schema}' AND state = 'Waiting for table metadata lock'"
    );
    eventually("the DDL waits", LIMIT, || server.sql("", &format!("SELECT COUNT(*) {waiting}")).trim() == "1");
    let ddl: u64 = server.sql("", &format!("SELECT id {waiting}")).trim().parse().expect("a number");
    let seen = look(server, &schema);
    let found: Vec<_> = seen.sessions.iter().map(|one| (one.kind, one.connection_id, one.waits)).collect();
    assert_eq!(found, [(SessionKind::Ddl, Some(ddl), true)]);
    server.sql("", &format!("KILL {ddl}"));
    colleague.wait().expect("ends");
    application.say("COMMIT");
    server.sql("", &format!("DROP DATABASE `{schema}`"));
}

/// With performance_schema and its instrument, both off unless somebody switches them on.
#[test]
fn mariadb_that_records_locks_names_their_holders() {
    let options = ["--performance-schema=ON", "--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON"];
    let Some(server) = own("mariadb_that_records_locks", &options) else { return };
    let schema = server.schema("activity");
    server.sql(&schema, "CREATE TABLE t (a int) ENGINE=InnoDB; INSERT INTO t VALUES (1)");
    let mut application = Talk::over(server.client(&schema));
    let id = application.id();
    application.say("BEGIN");
    application.say("SELECT COUNT(*) FROM t");
    assert!(look(&server, &schema).sessions.is_empty(), "the account may not look yet");
    server.sql("", "GRANT SELECT ON performance_schema.* TO 'tablewright'@'%'");
    let seen = look(&server, &schema);
    let [holder] = seen.sessions.as_slice() else { panic!("one session: {seen:?}") };
    assert!(holder.kind == SessionKind::TableLock && holder.idle && holder.user == "root", "{holder:?}");
    assert_eq!((holder.connection_id, holder.tables.as_slice()), (Some(id), [TableName::new("t")].as_slice()));
    application.say("COMMIT");
    assert!(look(&server, &schema).sessions.is_empty());
}
