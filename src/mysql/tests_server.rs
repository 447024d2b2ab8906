//! The layer against a real server: run where `TABLEWRIGHT_TEST_PRIMARY_PORT` names one (`scripts/mysql-pair.sh`),
//! skipped by name elsewhere; under `CI` a missing server is an error.

use std::time::Duration;

use super::answer::Bounds;
use super::*;
use crate::model::{Gtid, SchemaName, TableName};

/// A schema of the test's own; `None` without a server.
async fn server(schema: &str) -> Option<Server> {
    let Ok(port) = std::env::var("TABLEWRIGHT_TEST_PRIMARY_PORT") else {
        assert!(std::env::var_os("CI").is_none(), "no server: set TABLEWRIGHT_TEST_PRIMARY_PORT");
        eprintln!("skipped {schema}: TABLEWRIGHT_TEST_PRIMARY_PORT is not set");
        return None;
    };
    let password = std::env::var("TABLEWRIGHT_TEST_ROOT_PASSWORD").unwrap_or_default();
    let (endpoint, schema) = Endpoint::from_url(&format!("mysql://root@127.0.0.1:{port}/{schema}")).unwrap();
    let server = Server::new(endpoint.with_password(Secret::new(password)), schema);
    drop_schema(&server).await;
    create_schema(&server, None).await.unwrap();
    Some(server)
}

async fn drop_schema(server: &Server) {
    let mut session = server.open().await.unwrap();
    session.ddl(&format!("DROP SCHEMA IF EXISTS `{}`", server.schema())).await.unwrap();
}

async fn ddl_session(server: &Server, guard: &mut WriterGuard) -> DdlSession {
    let server_uuid = identify(server).await.unwrap().server_uuid;
    let settings = DdlSettings { slot: 1, server_uuid, lock_wait_timeout: Duration::from_secs(2) };
    DdlSession::open(server, guard, settings).await.unwrap()
}

#[tokio::test]
async fn a_wrong_password_says_so_and_does_not_show_it() {
    let Some(server) = server("mysql_test_password").await else { return };
    let endpoint = server.endpoint().clone().with_password(Secret::new("hunter2"));
    let error = Server::new(endpoint, SchemaName::new("x")).ping().await.unwrap_err();
    assert_eq!((error.kind, error.code), (MysqlErrorKind::LoginRefused, Some(1045)));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    drop_schema(&server).await;
}

#[tokio::test]
async fn definitions_come_in_order_and_missing_ones_as_none() {
    let Some(server) = server("mysql_test_definitions").await else { return };
    let mut guard = take_all_slots(&server, Duration::from_secs(5)).await.unwrap();
    let mut ddl = ddl_session(&server, &mut guard).await;
    for name in ["b", "a`c", "d"] {
        let quoted = crate::sql::quote_identifier(name);
        ddl.execute(&format!("CREATE TABLE {quoted} (`id` int)"), None, None).await.unwrap();
    }
    let names: Vec<TableName> = ["gone", "d", "a`c", "gone too", "b"].into_iter().map(TableName::new).collect();
    let found = show_create_tables(&server, &names).await.unwrap();
    let there: Vec<bool> = found.iter().map(|(_, text)| text.is_some()).collect();
    assert_eq!(there, [false, true, true, false, true]);
    assert!(found[2].1.as_ref().is_some_and(|text| text.starts_with("CREATE TABLE `a``c` (")), "{found:?}");
    drop_schema(&server).await;
}

#[tokio::test]
async fn a_chosen_gtid_makes_a_repeated_statement_harmless() {
    let Some(server) = server("mysql_test_gtid").await else { return };
    let mut guard = take_all_slots(&server, Duration::from_secs(5)).await.unwrap();
    let mut ddl = ddl_session(&server, &mut guard).await;
    let source = gtid_source(&identify(&server).await.unwrap().server_uuid, "mysql_test_gtid");
    let first = ddl.next_gtid(&source).await.unwrap();
    ddl.execute("CREATE TABLE `t` (`a` int)", Some(&first), None).await.unwrap();
    ddl.execute("CREATE TABLE `t` (`a` int)", Some(&first), None).await.unwrap();
    assert!(was_executed(&server, &first).await.unwrap());
    let second = Gtid { number: first.number + 1, ..first };
    // A failure consumes nothing and leaves the session usable.
    let failure = ddl.execute("ALTER TABLE `t` ADD COLUMN `a` int", Some(&second), None).await.unwrap_err();
    assert!(matches!(failure, DdlFailure::Failed(_)), "{failure:?}");
    assert!(!was_executed(&server, &second).await.unwrap());
    ddl.execute("ALTER TABLE `t` ADD COLUMN `b` int", Some(&second), None).await.unwrap();
    assert!(was_executed(&server, &second).await.unwrap());
    drop_schema(&server).await;
}

#[tokio::test]
async fn a_killed_connection_is_ambiguous() {
    let Some(server) = server("mysql_test_killed").await else { return };
    let mut guard = take_all_slots(&server, Duration::from_secs(5)).await.unwrap();
    let mut ddl = ddl_session(&server, &mut guard).await;
    ddl.execute("CREATE TABLE `t` (`a` int)", None, None).await.unwrap();
    // Something for the statement to wait for.
    let mut reader = server.open().await.unwrap();
    reader.use_schema(server.schema()).await.unwrap();
    reader.query("BEGIN", &[]).await.unwrap();
    reader.query("SELECT COUNT(*) FROM t", &[]).await.unwrap();
    let id = ddl.connection_id();
    let killer = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let blocking = blockers(&server, &[TableName::new("t")]).await.unwrap();
        assert!(blocking.iter().any(|blocker| blocker.granted && blocker.connection_id == Some(reader.id())));
        let mut session = server.open().await.unwrap();
        session.send(session.statement(format!("KILL CONNECTION {id}")).unwrap()).await.unwrap();
    };
    let (failure, ()) = tokio::join!(ddl.execute("ALTER TABLE `t` ADD COLUMN `b` int", None, None), killer);
    assert!(matches!(failure, Err(DdlFailure::Ambiguous(_))), "{failure:?}");
    let next = ddl.execute("ALTER TABLE `t` ADD COLUMN `b` int", None, None).await;
    assert!(matches!(next, Err(DdlFailure::Failed(_))), "{next:?}");
    reader.query("ROLLBACK", &[]).await.unwrap();
    drop_schema(&server).await;
}

#[tokio::test]
async fn a_second_writer_is_told_who_holds_the_schema_and_ends_nobody() {
    let Some(server) = server("mysql_test_writers").await else { return };
    let mut guard = take_all_slots(&server, Duration::from_secs(5)).await.unwrap();
    let refused = take_all_slots(&server, Duration::ZERO).await.unwrap_err();
    assert!(
        matches!(&refused, SlotsError::Held { holder, .. } if holder.connection_id == guard.connection_id()),
        "{refused:?}"
    );
    for session in running(&server, None).await.unwrap() {
        assert!(!kill_idle_predecessor(&server, &session).await.unwrap());
    }
    assert!(guard.is_held().await);
    guard.release().await;
    take_all_slots(&server, Duration::from_secs(5)).await.unwrap().release().await;
    drop_schema(&server).await;
}

#[tokio::test]
async fn scratch_work_leaves_nothing_behind() {
    let Some(server) = server("mysql_test_scratch").await else { return };
    let mut scratch = Scratch::open(&server, None).await.unwrap();
    scratch.run("CREATE TABLE `p` (`id` int NOT NULL, PRIMARY KEY (`id`))").await.unwrap();
    scratch.run("CREATE TABLE `c` (`p` int, FOREIGN KEY (`p`) REFERENCES `p` (`id`))").await.unwrap();
    let outside = "CREATE TABLE `x` (`p` int, FOREIGN KEY (`p`) REFERENCES `mysql_test_scratch`.`p` (`id`))";
    assert_eq!(scratch.run(outside).await.unwrap_err().kind, MysqlErrorKind::Refused);
    let candidates = ["INSTANT", "COPY"].map(|algorithm| {
        format!("ALTER TABLE `c` ADD COLUMN `s` int GENERATED ALWAYS AS (`p` + 1) STORED, ALGORITHM={algorithm}")
    });
    assert_eq!(scratch.try_candidates(&candidates).await.unwrap(), 1);
    let schema = scratch.schema().clone();
    assert!(!is_logged(&server, &schema).await);
    scratch.close().await.unwrap();
    let gone = Server::new(server.endpoint().clone(), schema);
    assert_eq!(schema_defaults(&gone).await.unwrap(), None);
    drop_schema(&server).await;
}

/// Whether the newest binary log names the schema: other tests write to the same server at the same time.
async fn is_logged(server: &Server, schema: &SchemaName) -> bool {
    let mut session = server.open().await.unwrap();
    let logs = session.query("SHOW BINARY LOGS", &[]).await.unwrap();
    let last = session.text(logs.last().unwrap(), 0).unwrap();
    let text = format!("SHOW BINLOG EVENTS IN {}", crate::sql::quote_string(&last));
    let events = session.send(session.statement(text).unwrap()).await.unwrap();
    assert!(!events.is_empty());
    events.iter().any(|event| session.lossy(event, 5).unwrap().contains(schema.as_str()))
}

#[tokio::test]
async fn two_sessions_share_trials_and_leave_nothing_behind() {
    let Some(server) = server("mysql_test_trials").await else { return };
    let mut scratch = Scratch::open(&server, None).await.unwrap();
    let schema = scratch.schema().clone();
    // A session that the pool has already, as after reading definitions.
    server.ping().await.unwrap();
    let mut companion = Companion::open(&server, &scratch).await.unwrap();
    let tables: Vec<(TableName, String, Vec<String>)> = (0..60)
        .map(|number| {
            let kind = if number % 7 == 3 { "nothing" } else { "varchar(9)" };
            let change = if number % 7 == 5 { "ADD COLUMN `c` int" } else { "ADD COLUMN `d` int" };
            let text = format!("CREATE TABLE `t{number}` (`a` {kind}, `c` int COMMENT '{}')", "x".repeat(number * 5));
            (TableName::new(format!("t{number}")), text, vec![format!("ALTER TABLE `t{number}` {change}")])
        })
        .collect();
    let trials: Vec<Trial<'_>> =
        tables.iter().map(|(name, definition, changes)| Trial { name, definition, changes }).collect();
    let check = |answers: Vec<Answer>| {
        assert_eq!(answers.len(), tables.len());
        for (number, answer) in answers.into_iter().enumerate() {
            match (number % 7, answer) {
                // 1064 of the CREATE, 1060 of the ALTER.
                (3, Err(error)) => assert_eq!(error.code, Some(1064), "{error}"),
                (5, Err(error)) => assert_eq!(error.code, Some(1060), "{error}"),
                (_, Ok(texts)) => {
                    assert!(matches!(texts.as_slice(), [text] if text.contains("`d` int DEFAULT NULL")), "{texts:?}");
                    assert!(texts[0].starts_with(&format!("CREATE TABLE `t{number}` (")), "{texts:?}");
                }
                (_, Err(error)) => panic!("t{number}: {error}"),
            }
        }
    };
    // The one alone, both, and the other when nothing is left.
    let alone = Trials::new(&trials, true);
    assert!(alone.messages() > 2);
    companion.answer(&alone).await.unwrap();
    check(alone.into_answers());
    let shared = Trials::new(&trials, true);
    let (own, other) = tokio::join!(scratch.answer(&shared), companion.answer(&shared));
    own.unwrap();
    other.unwrap();
    scratch.answer(&shared).await.unwrap();
    check(shared.into_answers());
    assert_eq!(scratch.tables().await.unwrap(), []);
    assert!(!is_logged(&server, &schema).await);
    companion.close().await;
    scratch.close().await.unwrap();
    assert_eq!(schema_defaults(&Server::new(server.endpoint().clone(), schema)).await.unwrap(), None);
    drop_schema(&server).await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_or_does_not_end_is_broken_off() {
    let Some(server) = server("mysql_test_bounds").await else { return };
    for (query, bounds, said) in [
        ("SELECT SLEEP(20)", Bounds::tight(Duration::from_millis(200), 1 << 20), "no answer for 0 s"),
        (
            "SELECT REPEAT('x', 1000) FROM information_schema.COLUMNS",
            Bounds::tight(Duration::from_secs(20), 100_000),
            "broken off after 10",
        ),
    ] {
        let mut session = server.open().await.unwrap();
        let statement = session.statement(query).unwrap();
        let error = session.send_within(statement, bounds).await.unwrap_err();
        assert_eq!((error.kind, error.code), (MysqlErrorKind::ConnectionLost, None), "{error}");
        assert!(error.message.contains(said) && !error.message.contains("xxx"), "{error}");
        assert!(!session.usable());
    }
    // The others are not touched by it.
    server.ping().await.unwrap();
    drop_schema(&server).await;
}
