//! All rows of tables as a server shows them.

use std::collections::BTreeMap;

use crate::support::{
    binary::run_client,
    pair::{Pair, Role},
};

use super::{types::Type, unit::Member, value::form};

/// The rows of a table by their token; each has its columns in order.
pub type Rows = BTreeMap<String, Vec<String>>;

/// The rows of tables, by table.
pub type Dump = BTreeMap<String, Rows>;

/// A table and what is shown of its columns.
#[derive(Clone, Debug)]
pub struct Shown {
    pub table: String,
    forms: Vec<String>,
}

impl Shown {
    /// The kept columns in their types before.
    pub fn before(member: &Member) -> Self {
        Self::of(member, |kept_before, _| kept_before, &[])
    }

    /// The kept columns in their types afterwards, and behind them all others.
    pub fn after(member: &Member) -> Self {
        Self::of(member, |_, kept_after| kept_after, &member.others)
    }

    fn of(member: &Member, choose: fn(Type, Type) -> Type, others: &[(String, Option<Type>)]) -> Self {
        let kept = member.kept.iter().map(|kept| form(&format!("`{}`", kept.name), choose(kept.before, kept.after)));
        let others = others.iter().map(|(other, data_type)| match data_type {
            Some(data_type) => form(&format!("`{other}`"), *data_type),
            None => format!("HEX(CAST(`{other}` AS CHAR))"),
        });
        Self { table: member.name.clone(), forms: kept.chain(others).collect() }
    }
}

/// Reads them. A token that stands twice is a row that nobody wrote: its rows stand under tokens of their own.
pub fn dump(pair: &Pair, role: Role, schema: &str, shown: &[Shown]) -> Dump {
    let query: String = shown
        .iter()
        .map(|shown| {
            let forms: String = shown.forms.iter().map(|form| format!(", {form}")).collect();
            format!("SELECT '\u{1}{}'; SELECT tok{forms} FROM `{}` ORDER BY tok;\n", shown.table, shown.table)
        })
        .collect();
    let output = run_client(&mut pair.client(role, schema), &query);
    assert!(output.status.success(), "{}\nin: {query}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let mut dump = Dump::new();
    for part in text.split('\u{1}').skip(1) {
        let (table, rows) = part.split_once('\n').unwrap_or((part, ""));
        let mut read = Rows::new();
        for line in rows.lines() {
            let mut fields = line.split('\t').map(str::to_owned);
            let mut token = fields.next().unwrap_or_default();
            while read.contains_key(&token) {
                token.push_str(" again");
            }
            read.insert(token, fields.collect());
        }
        dump.insert(table.to_owned(), read);
    }
    dump
}
