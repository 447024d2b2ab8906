//! The rules in CEL that the API server itself keeps.
//!
//! They check shape only, by the presence of fields: what reads strings or compares pairs exceeds the cost budget at 4,096
//! columns and belongs to `lint` and to the controller. Rules with `oldSelf` hold on changes.

use serde_json::{Value, json};

/// One rule: kind, path of the node that it stands at, the CEL, and what a person is told.
struct Rule {
    kind: &'static str,
    path: &'static str,
    rule: &'static str,
    message: &'static str,
    /// Evaluated on creation too, with `oldSelf` as an optional.
    on_creation: bool,
}

const fn rule(kind: &'static str, path: &'static str, rule: &'static str, message: &'static str) -> Rule {
    Rule { kind, path, rule, message, on_creation: false }
}

/// Adds a kind's rules to its schema.
pub(super) fn add(kind: &str, schema: &mut Value) {
    for rule in RULES.iter().filter(|rule| rule.kind == kind) {
        let Some(node) = super::node(schema, rule.path) else { continue };
        let mut entry = json!({"rule": rule.rule, "message": rule.message});
        if rule.on_creation {
            entry["optionalOldSelf"] = json!(true);
        }
        match node.get_mut("x-kubernetes-validations").and_then(Value::as_array_mut) {
            Some(entries) => entries.push(entry),
            None => node["x-kubernetes-validations"] = json!([entry]),
        }
    }
}

const RULES: &[Rule] = &[
    // Database
    rule(
        "Database",
        "",
        "(has(self.spec.schema) ? self.spec.schema : self.metadata.name) == \
         (has(oldSelf.spec.schema) ? oldSelf.spec.schema : oldSelf.metadata.name)",
        "spec.schema is immutable: a Database stays with its MySQL schema; make another Database for another schema",
    ),
    rule(
        "Database",
        "",
        "!((has(self.spec.schema) ? self.spec.schema : self.metadata.name).lowerAscii() in \
         ['mysql', 'sys', 'information_schema', 'performance_schema', 'ndbinfo'])",
        "this schema belongs to MySQL itself; name a schema of your own in spec.schema",
    ),
    rule(
        "Database",
        "",
        "!(has(self.spec.schema) ? self.spec.schema : self.metadata.name).startsWith('_tablewright_')",
        "schemas that begin with _tablewright_ are for rehearsals; choose another name",
    ),
    rule(
        "Database",
        "",
        "has(self.spec.schema) || size(self.metadata.name) <= 64",
        "metadata.name is longer than the 64 characters of a MySQL schema name; set spec.schema",
    ),
    rule(
        "Database",
        "spec",
        "(!has(self.characterSet) && !has(self.collation)) || (has(self.createIfMissing) && self.createIfMissing)",
        "characterSet and collation are for a schema that is created; set createIfMissing: true, or remove them",
    ),
    rule(
        "Database",
        "spec.primary.tls",
        "!has(self.mode) || self.mode != 'Disabled' || (!has(self.caSecretName) && !has(self.clientCertificateSecretName))",
        "mode Disabled uses no certificates; remove caSecretName and clientCertificateSecretName, or choose another mode",
    ),
    rule(
        "Database",
        "spec.replicas[].tls",
        "!has(self.mode) || self.mode != 'Disabled' || (!has(self.caSecretName) && !has(self.clientCertificateSecretName))",
        "mode Disabled uses no certificates; remove caSecretName and clientCertificateSecretName, or choose another mode",
    ),
    // Table
    rule(
        "Table",
        "",
        "(has(self.spec.name) ? self.spec.name : self.metadata.name) == \
         (has(oldSelf.spec.name) ? oldSelf.spec.name : oldSelf.metadata.name) || \
         (has(self.spec.renamedFrom) && \
         (has(oldSelf.spec.name) ? oldSelf.spec.name : oldSelf.metadata.name) in self.spec.renamedFrom)",
        "the table's name may change only to one whose renamedFrom lists the present name; add that name to spec.renamedFrom",
    ),
    rule(
        "Table",
        "",
        "has(self.spec.name) || size(self.metadata.name) <= 64",
        "metadata.name is longer than the 64 characters of a MySQL table name; set spec.name",
    ),
    rule(
        "Table",
        "spec.databaseRef",
        "self == oldSelf",
        "databaseRef is immutable: a table does not move; make another Table for another Database",
    ),
    rule("Table", "spec", "!(has(self.columns) && has(self.sql))", "give either columns or sql, not both"),
    rule(
        "Table",
        "spec",
        "(has(self.ensure) && self.ensure == 'Absent') || has(self.columns) || has(self.sql)",
        "give columns or sql; to have the table dropped, say ensure: Absent",
    ),
    rule(
        "Table",
        "spec",
        "!(has(self.ensure) && self.ensure == 'Absent') || !(has(self.columns) || has(self.sql) || has(self.primaryKey) || \
         has(self.indexes) || has(self.foreignKeys) || has(self.checks) || has(self.partitioning) || has(self.options))",
        "with ensure: Absent the table has no definition; remove columns, sql and everything that belongs to them",
    ),
    rule(
        "Table",
        "spec",
        "!has(self.sql) || !(has(self.primaryKey) || has(self.indexes) || has(self.foreignKeys) || has(self.checks) || \
         has(self.partitioning) || has(self.options))",
        "with sql the statement says everything; move primaryKey, indexes, foreignKeys, checks, partitioning and options into it",
    ),
    rule(
        "Table",
        "spec.columns[]",
        "!(has(self.default) && has(self.defaultExpression))",
        "give either default (a literal) or defaultExpression, not both",
    ),
    rule(
        "Table",
        "spec.columns[]",
        "!has(self.generated) || !(has(self.default) || has(self.defaultExpression) || has(self.onUpdate) || \
         (has(self.autoIncrement) && self.autoIncrement))",
        "a generated column has no default, defaultExpression, onUpdate or autoIncrement",
    ),
    rule(
        "Table",
        "spec.columns[]",
        "!(has(self.autoIncrement) && self.autoIncrement) || !(has(self.default) || has(self.defaultExpression))",
        "a column with autoIncrement has no default",
    ),
    rule(
        "Table",
        "spec.primaryKey.columns[]",
        "has(self.name) && !has(self.expression)",
        "a part of the primary key names a column: give name",
    ),
    rule(
        "Table",
        "spec.indexes[].columns[]",
        "has(self.name) != has(self.expression)",
        "a key part is either a column (name) or an expression: give exactly one of them",
    ),
    rule(
        "Table",
        "spec.indexes[].columns[]",
        "!(has(self.length) && has(self.expression))",
        "length belongs to a column, not to an expression",
    ),
    rule(
        "Table",
        "spec.indexes[]",
        "!has(self.parser) || (has(self.kind) && self.kind == 'Fulltext')",
        "parser is for fulltext indexes; set kind: Fulltext, or remove it",
    ),
    rule(
        "Table",
        "spec.foreignKeys[]",
        "size(self.columns) == size(self.references.columns)",
        "a foreign key has as many columns as it references",
    ),
    rule(
        "Table",
        "spec.foreignKeys[].references",
        "!has(self.schema) || !(self.schema in ['mysql', 'sys', 'information_schema', 'performance_schema', 'ndbinfo'])",
        "this schema belongs to MySQL itself; a foreign key cannot refer to it",
    ),
    rule(
        "Table",
        "spec.partitioning",
        "self.by in ['Range', 'List', 'Hash', 'LinearHash'] ? (has(self.expression) && !has(self.columns)) : \
         !has(self.expression)",
        "Range, List, Hash and LinearHash take expression; RangeColumns, ListColumns, Key and LinearKey take columns",
    ),
    rule(
        "Table",
        "spec.partitioning",
        "!(self.by in ['Range', 'RangeColumns', 'List', 'ListColumns']) || has(self.partitions)",
        "Range and List partitioning name their partitions: give partitions",
    ),
    rule(
        "Table",
        "spec.partitioning.subpartitioning",
        "self.by in ['Hash', 'LinearHash', 'Key', 'LinearKey']",
        "subpartitions are by Hash, LinearHash, Key or LinearKey",
    ),
    // Plan
    rule("Plan", "spec.proposal", "self == oldSelf", "a Plan's proposal is immutable: what was approved is what runs"),
    rule(
        "Plan",
        "spec",
        "!has(oldSelf.decision) || (has(self.decision) && self.decision == oldSelf.decision)",
        "a decision is final; the controller makes another Plan when something changes",
    ),
    rule(
        "Plan",
        "spec",
        "!has(self.decision) || self.decision.digest == self.proposal.digest",
        "decision.digest is not the digest of this Plan's proposal: look at the proposal again and repeat its digest",
    ),
    Rule {
        kind: "Plan",
        path: "spec",
        rule: "oldSelf.hasValue() || !has(self.decision)",
        message: "a Plan is created undecided; a decision comes afterwards",
        on_creation: true,
    },
    // Approval
    rule("Approval", "spec", "self == oldSelf", "an Approval is immutable: make another one for another digest"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_finds_its_place() {
        for rule in RULES {
            let (_, crd) = super::super::crd_values()
                .into_iter()
                .find(|(_, crd)| crd["spec"]["names"]["kind"] == rule.kind)
                .unwrap();
            let mut schema = crd.pointer("/spec/versions/0/schema/openAPIV3Schema").unwrap().clone();
            assert!(super::super::node(&mut schema, rule.path).is_some(), "{} {}", rule.kind, rule.path);
        }
    }
}
