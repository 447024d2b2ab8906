//! Statements as the manual and measurements ask for them; expectations are written by hand.

use crate::diff::{self, Desired, History, LiveSchema, LiveTable};
use crate::model::{
    ColumnName, DesiredTable, Ensure, ForeignKeyEdge, Origin, SchemaDefaults, ServerFacts, Table, TableName, Version,
};
use crate::{normalize, sql};

use super::*;

fn facts() -> (ServerFacts, SchemaDefaults) {
    let server = ServerFacts::mysql_defaults(Version { major: 9, minor: 7, patch: 4 });
    (server, SchemaDefaults { character_set: "utf8mb4".to_owned(), collation: "utf8mb4_0900_ai_ci".to_owned() })
}

fn parse(text: &str) -> Table {
    sql::parse_create_table(text, facts().0.dialect()).unwrap()
}

struct Case {
    live: LiveSchema,
    desired: Vec<Desired>,
}

impl Case {
    fn new(live: &[&str], desired: &[&str]) -> Self {
        let (server, schema) = facts();
        let mut case = Self { live: LiveSchema::default(), desired: Vec::new() };
        for text in live {
            let table = normalize::desired(&parse(text), &server, &schema).unwrap();
            case.live.foreign_keys.extend(table.foreign_keys.iter().map(|key| ForeignKeyEdge {
                name: key.name.clone().unwrap(),
                child_schema: None,
                child: table.name.clone(),
                child_columns: key.columns.clone(),
                parent_schema: None,
                parent: key.referenced_table.clone(),
                parent_columns: key.referenced_columns.clone(),
            }));
            case.live.tables.insert(table.name.clone(), LiveTable { table, history: History::default() });
        }
        for text in desired {
            let table = parse(text);
            let canonical = normalize::desired(&table, &server, &schema).unwrap();
            let origin = Origin::File { path: "t.sql".to_owned(), line: 1, column: 1 };
            case.desired.push(Desired { declared: DesiredTable::present(table, origin), canonical });
        }
        case
    }

    fn absent(mut self, name: &str) -> Self {
        let origin = Origin::File { path: "t.sql".to_owned(), line: 1, column: 1 };
        let mut declared = DesiredTable::present(Table::new(TableName::new(name)), origin);
        declared.ensure = Ensure::Absent;
        self.desired.push(Desired { canonical: declared.table.clone(), declared });
        self
    }

    fn draft(&self) -> Draft {
        let (server, _) = facts();
        draft(&diff::tables(&self.live, &self.desired, &server), &self.live, &server)
    }

    /// The statements with the expected algorithms, without what CREATE TABLE says after the columns.
    fn statements(&self) -> Vec<String> {
        let draft = self.draft();
        assert_eq!(draft.refusals, []);
        draft
            .statements
            .iter()
            .map(|draft| {
                let text = sql::print_statement(&draft.with(draft.expected_candidate()), facts().0.dialect());
                text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ").replace('`', "")
            })
            .collect()
    }
}

fn live_and(live: &str, desired: &str) -> Vec<String> {
    Case::new(&[live], &[desired]).statements()
}

#[test]
fn same_tables_need_nothing() {
    let text = "create table t (id int primary key, a varchar(10) default 'x', key (a), check (id > 0))";
    assert!(live_and(text, text).is_empty());
}

#[test]
fn instant_changes_are_not_dragged_into_an_index_build() {
    assert_eq!(
        live_and("create table t (id int primary key)", "create table t (id int primary key, a int, key a (a))"),
        [
            "ALTER TABLE t ADD COLUMN a int, ALGORITHM=INSTANT",
            "ALTER TABLE t ADD KEY a (a), ALGORITHM=INPLACE, LOCK=NONE"
        ]
    );
}

#[test]
fn one_statement_where_the_table_is_copied_anyhow() {
    assert_eq!(
        live_and(
            "create table t (id int primary key, a int)",
            "create table t (id int primary key, a bigint, b int, key b (b)) comment 'x'"
        ),
        [
            "ALTER TABLE t MODIFY COLUMN a bigint, ADD COLUMN b int, ADD KEY b (b), COMMENT='x', ALGORITHM=COPY, LOCK=SHARED"
        ]
    );
}

#[test]
fn foreign_key_of_the_same_name_is_dropped_first() {
    let parent = "create table p (id int primary key)";
    let child = |action: &str| {
        format!("create table t (id int primary key, a int, constraint f foreign key (a) references p (id) {action})")
    };
    assert_eq!(
        Case::new(&[parent, &child("")], &[parent, &child("on delete cascade")]).statements(),
        [
            "ALTER TABLE t DROP FOREIGN KEY f, ALGORITHM=INPLACE, LOCK=NONE",
            "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE, \
             ALGORITHM=COPY, LOCK=SHARED"
        ]
    );
}

/// What stands between the two statements is what can fail while the key is away.
#[test]
fn a_changed_foreign_key_is_away_for_no_longer_than_its_own_table_takes() {
    let parent = "CREATE TABLE p (id int NOT NULL PRIMARY KEY)";
    let child = |action: &str| {
        format!(
            "CREATE TABLE z (p int, KEY p (p), CONSTRAINT z_p FOREIGN KEY (p) REFERENCES p (id) ON DELETE {action})"
        )
    };
    let case = Case::new(
        &[parent, "CREATE TABLE b (a int)", &child("CASCADE")],
        &[parent, "CREATE TABLE b (a int NOT NULL)", &child("SET NULL")],
    );
    let statements = case.statements();
    let at = |text: &str| statements.iter().position(|statement| statement.contains(text)).unwrap();
    assert_eq!(at("ALTER TABLE b"), 0, "{statements:#?}");
    assert_eq!(at("DROP FOREIGN KEY z_p") + 1, at("ADD CONSTRAINT z_p"), "{statements:#?}");
    assert_eq!(statements.len(), 3, "{statements:#?}");
}

#[test]
fn foreign_key_stands_aside_while_both_sides_change_their_type() {
    let tables = |integer: &str| {
        [
            format!("create table t (id int primary key, a {integer}, constraint f foreign key (a) references u (id))"),
            format!("create table u (id {integer} primary key)"),
        ]
    };
    let (live, desired) = (tables("int"), tables("bigint"));
    assert_eq!(
        Case::new(&[&live[0], &live[1]], &[&desired[0], &desired[1]]).statements(),
        [
            "ALTER TABLE t DROP FOREIGN KEY f, ALGORITHM=INPLACE, LOCK=NONE",
            "ALTER TABLE u MODIFY COLUMN id bigint NOT NULL, ALGORITHM=COPY, LOCK=SHARED",
            "ALTER TABLE t MODIFY COLUMN a bigint, ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id), \
             ALGORITHM=COPY, LOCK=SHARED"
        ]
    );
}

#[test]
fn children_that_no_manifest_names_are_left_alone() {
    let mut case = Case::new(&["create table p (id int primary key)"], &["create table p (id bigint primary key)"]);
    case.live.foreign_keys.push(ForeignKeyEdge {
        name: "f".into(),
        child_schema: None,
        child: "other".into(),
        child_columns: vec!["a".into()],
        parent_schema: None,
        parent: "p".into(),
        parent_columns: vec!["id".into()],
    });
    let refusals = case.draft().refusals;
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].reason, RefusalReason::NotConvertible);
    assert!(refusals[0].message.contains("`other`"), "{}", refusals[0].message);
}

#[test]
fn created_tables_stand_in_the_order_of_their_foreign_keys_and_a_cycle_is_closed_afterwards() {
    let case = Case::new(
        &[],
        &[
            "create table a (id int primary key, b int, constraint fa foreign key (b) references b (id))",
            "create table b (id int primary key, a int, constraint fb foreign key (a) references a (id))",
            "create table c (id int primary key, d int, constraint fc foreign key (d) references d (id))",
            "create table d (id int primary key)",
        ],
    );
    let heads: Vec<String> =
        case.statements().iter().map(|text| text.split(" (").next().unwrap_or_default().to_owned()).collect();
    assert_eq!(
        heads,
        [
            "CREATE TABLE d",
            "CREATE TABLE c",
            "CREATE TABLE a",
            "CREATE TABLE b",
            "ALTER TABLE a ADD CONSTRAINT fa FOREIGN KEY"
        ]
    );
}

#[test]
fn dropped_tables_go_children_first_and_a_cycle_is_opened_beforehand() {
    let case = Case::new(
        &[
            "create table a (id int primary key, b int, constraint fa foreign key (b) references b (id))",
            "create table b (id int primary key, a int, constraint fb foreign key (a) references a (id))",
            "create table p (id int primary key)",
            "create table q (id int primary key, constraint fq foreign key (id) references p (id))",
        ],
        &[],
    );
    let case = case.absent("a").absent("b").absent("p").absent("q");
    let statements = case.statements();
    assert_eq!(statements[0], "ALTER TABLE a DROP FOREIGN KEY fa, ALGORITHM=INPLACE, LOCK=NONE");
    let place = |name: &str| statements.iter().position(|text| text == &format!("DROP TABLE {name}")).unwrap();
    assert!(place("q") < place("p"));
    assert_eq!(statements.iter().filter(|text| text.starts_with("DROP TABLE")).count(), 4);
}

#[test]
fn index_that_changes_only_its_parser_takes_two_statements() {
    let text = |parser: &str| format!("create table t (id int primary key, x text, fulltext key f (x) {parser})");
    assert_eq!(
        live_and(&text(""), &text("with parser ngram")),
        [
            "ALTER TABLE t DROP KEY f, ALGORITHM=INPLACE, LOCK=NONE",
            "ALTER TABLE t ADD FULLTEXT KEY f (x) WITH PARSER ngram, ALGORITHM=INPLACE, LOCK=SHARED"
        ]
    );
}

#[test]
fn fulltext_indexes_are_added_one_by_one() {
    let statements = live_and(
        "create table t (id int primary key, x text, y text)",
        "create table t (id int primary key, x text, y text, fulltext key fx (x), fulltext key fy (y))",
    );
    assert_eq!(statements.len(), 2);
    assert!(statements.iter().all(|text| text.ends_with("ALGORITHM=INPLACE, LOCK=SHARED")), "{statements:?}");
}

#[test]
fn index_with_the_same_content_is_renamed_and_hidden_afterwards() {
    assert_eq!(
        live_and(
            "create table t (id int primary key, a int, key x (a))",
            "create table t (id int primary key, a int, key y (a) invisible)"
        ),
        [
            "ALTER TABLE t RENAME KEY x TO y, ALGORITHM=INPLACE, LOCK=NONE",
            "ALTER TABLE t ALTER INDEX y INVISIBLE, ALGORITHM=INPLACE, LOCK=NONE"
        ]
    );
}

#[test]
fn virtual_becomes_stored_by_drop_and_add() {
    let text = |kind: &str| format!("create table t (id int primary key, a int, g int as (a + 1) {kind}, z int)");
    assert_eq!(
        live_and(&text("virtual"), &text("stored")),
        ["ALTER TABLE t DROP COLUMN g, ADD COLUMN g int GENERATED ALWAYS AS (a + 1) STORED AFTER a, \
          ALGORITHM=COPY, LOCK=SHARED"]
    );
}

#[test]
fn columns_are_renamed_and_changed_at_once() {
    let mut case = Case::new(
        &["create table t (id int primary key, a int, b int)"],
        &["create table t (id int primary key, x bigint, y int)"],
    );
    case.desired[0].declared.column_renames =
        vec![(ColumnName::new("x"), vec![ColumnName::new("a")]), (ColumnName::new("y"), vec![ColumnName::new("b")])];
    assert_eq!(
        case.statements(),
        ["ALTER TABLE t CHANGE COLUMN a x bigint, RENAME COLUMN b TO y, ALGORITHM=COPY, LOCK=SHARED"]
    );
}

#[test]
fn renamed_table_keeps_what_mysql_named_after_it() {
    let mut case = Case::new(
        &[
            "create table p (id int primary key)",
            "create table a (id int primary key, p int, foreign key (p) references p (id), check (id > 0))",
        ],
        &[
            "create table p (id int primary key)",
            "create table b (id int primary key, p int, foreign key (p) references p (id), check (id > 0))",
        ],
    );
    case.desired[1].declared.renamed_from = vec![TableName::new("a")];
    assert_eq!(case.statements(), ["RENAME TABLE a TO b"]);
}

#[test]
fn only_what_moved_is_moved() {
    assert_eq!(
        live_and(
            "create table t (id int primary key, a int, b int, c int)",
            "create table t (id int primary key, c int, a int, b int)"
        ),
        ["ALTER TABLE t MODIFY COLUMN c int AFTER id, ALGORITHM=INPLACE, LOCK=NONE"]
    );
}

#[test]
fn names_that_the_manifest_leaves_open_cause_nothing() {
    let case = Case::new(
        &["create table t (id int primary key, a int, b int, key some_name (a), constraint c9 check (a > 0))"],
        &["create table t (id int primary key, a int, b int, key (a), check (a > 0))"],
    );
    assert!(case.statements().is_empty());
}

#[test]
fn an_index_that_a_foreign_key_needs_is_replaced_in_the_same_statement() {
    let parent = "create table p (id int primary key)";
    let child = |keys: &str| {
        format!(
            "create table t (id int primary key, a int, b int{keys}, constraint f foreign key (a) references p (id))"
        )
    };
    assert_eq!(
        Case::new(&[parent, &child(", key ab (a, b)")], &[parent, &child("")]).statements(),
        ["ALTER TABLE t DROP KEY ab, ADD KEY f (a), ALGORITHM=INPLACE, LOCK=NONE"]
    );
}

#[test]
fn range_partitions_are_split_merged_and_added() {
    let text = |list: &str| format!("create table t (id int primary key) partition by range (id) ({list})");
    let live = text(
        "partition p0 values less than (10), partition p1 values less than (20), partition pm values less than maxvalue",
    );
    let split = text(
        "partition p1 values less than (20), partition p2 values less than (30), partition pm values less than maxvalue",
    );
    assert_eq!(
        live_and(&live, &split),
        [
            "ALTER TABLE t ALGORITHM=INPLACE, LOCK=SHARED, REORGANIZE PARTITION p0, p1 INTO \
             (PARTITION p1 VALUES LESS THAN (20))",
            "ALTER TABLE t ALGORITHM=INPLACE, LOCK=SHARED, REORGANIZE PARTITION pm INTO \
             (PARTITION p2 VALUES LESS THAN (30), PARTITION pm VALUES LESS THAN (MAXVALUE))"
        ]
    );
}

#[test]
fn a_default_that_servers_compute_differently_is_set_after_the_column_is_there() {
    let live = "create table t (a int primary key)";
    assert_eq!(
        live_and(live, "create table t (a int primary key, u char(36) default (uuid()))"),
        [
            "ALTER TABLE t ADD COLUMN u char(36) DEFAULT NULL, ALGORITHM=INSTANT",
            "ALTER TABLE t ALTER COLUMN u SET DEFAULT (uuid()), ALGORITHM=INSTANT",
        ]
    );
    let refused = Case::new(&[live], &["create table t (a int primary key, u char(36) not null default (uuid()))"]);
    let refusals = refused.draft().refusals;
    assert_eq!(refusals.len(), 1);
    assert!(refusals[0].message.contains("1674"), "{}", refusals[0].message);
}
