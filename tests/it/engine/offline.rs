//! Two sets of tables, planned without a server as the one that the manual describes.

use std::collections::BTreeMap;

use tablewright::diff::{self, ChangeSet, Desired, History, LiveSchema, LiveTable};
use tablewright::model::{ColumnName, Dependants, DesiredTable, Ensure, ForeignKeyEdge, ServerZone, Table, TableName};
use tablewright::normalize;
use tablewright::plan::proposal::{Baseline, DatabaseReference, Proof, Proposal};
use tablewright::plan::{self, Request, TableSize};

use super::normal_form::{facts, origin};

/// What is live and what is desired.
#[derive(Default)]
pub struct Pair {
    /// Live tables, as they were written.
    pub live: Vec<Table>,
    /// Rows of each.
    pub rows: u64,
    /// Desired tables, as they were written.
    pub desired: Vec<Table>,
    /// Tables that are declared absent.
    pub absent: Vec<TableName>,
    /// New and old names of tables.
    pub table_renames: Vec<(TableName, TableName)>,
    /// New and old names of the first desired table's columns.
    pub column_renames: Vec<(ColumnName, ColumnName)>,
    /// What names tables and columns in a text of its own.
    pub dependants: Dependants,
    /// The server's time zone, where it is not UTC.
    pub time_zone: Option<ServerZone>,
}

impl Pair {
    /// What differs, and the plan.
    pub fn plan(&self) -> (ChangeSet, Proposal) {
        let (server, schema) = facts();
        let mut live = LiveSchema {
            dependants: self.dependants.clone(),
            time_zone: self.time_zone.clone(),
            copies_by_clock: true,
            replica_zones: Vec::new(),
            ..LiveSchema::default()
        };
        for table in &self.live {
            let table = normalize::desired(table, &server, &schema).unwrap();
            live.foreign_keys.extend(table.foreign_keys.iter().map(|key| ForeignKeyEdge {
                name: key.name.clone().unwrap(),
                child_schema: None,
                child: table.name.clone(),
                child_columns: key.columns.clone(),
                parent_schema: None,
                parent: key.referenced_table.clone(),
                parent_columns: key.referenced_columns.clone(),
            }));
            live.tables.insert(table.name.clone(), LiveTable { table, history: History::default() });
        }
        let mut desired: Vec<Desired> = self
            .desired
            .iter()
            .map(|table| {
                let canonical = normalize::desired(table, &server, &schema).unwrap();
                let mut declared = DesiredTable::present(table.clone(), origin());
                let renames = self.table_renames.iter().filter(|(to, _)| *to == table.name);
                declared.renamed_from = renames.map(|(_, from)| from.clone()).collect();
                Desired { declared, canonical }
            })
            .collect();
        for (to, from) in &self.column_renames {
            desired[0].declared.column_renames.push((to.clone(), vec![from.clone()]));
        }
        for name in &self.absent {
            let mut declared = DesiredTable::present(Table::new(name.clone()), origin());
            declared.ensure = Ensure::Absent;
            desired.push(Desired { canonical: declared.table.clone(), declared });
        }
        let mut changes = diff::tables(&live, &desired, &server);
        assert_eq!(changes.refusals, []);
        let draft = plan::draft(&changes, &live, &server);
        assert_eq!(draft.refusals, []);
        changes.paused = draft.paused();
        let size = TableSize { rows: self.rows, bytes: self.rows * 100 };
        let sizes: BTreeMap<_, _> = live.tables.keys().map(|name| (name.clone(), size)).collect();
        let proposal = plan::propose(&Request {
            database: DatabaseReference { name: "blog".to_owned(), namespace: None },
            tables: Vec::new(),
            changes: &changes,
            live: &live,
            draft: &draft,
            dialect: server.dialect(),
            chosen: &[],
            sizes: &sizes,
            baseline: Baseline {
                server_uuid: String::new(),
                schema: String::new(),
                time_zone: None,
                fingerprints: Vec::new(),
            },
            approval_via: Vec::new(),
            proof: Proof::NotProved,
            findings: Vec::new(),
        })
        .unwrap()
        .proposal;
        (changes, proposal)
    }
}
