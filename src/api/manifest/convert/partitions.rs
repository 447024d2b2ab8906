//! Partitioning.

use super::Faults;
use super::names::Columns;
use crate::api::{PartitionBySpec, PartitionSpec, PartitioningSpec, SubpartitionSpec};
use crate::model::{
    ColumnName, Expression, Partition, PartitionName, PartitionScheme, PartitionValues, Partitioning, Subpartitioning,
};
use crate::sql;

pub(super) fn partitioning(spec: &PartitioningSpec, known: &Columns, faults: &mut Faults) -> Option<Partitioning> {
    let scheme =
        scheme("spec.partitioning", spec.by, spec.expression.as_deref(), &spec.columns, spec.algorithm, known, faults);
    let listed = matches!(
        spec.by,
        PartitionBySpec::Range | PartitionBySpec::RangeColumns | PartitionBySpec::List | PartitionBySpec::ListColumns
    );
    if listed && spec.partitions.is_empty() {
        faults.add(
            "spec.partitioning",
            "Range or List partitioning without partitions",
            "name them in spec.partitioning.partitions",
        );
    }
    let subpartitioning = spec.subpartitioning.as_ref().and_then(|sub| {
        let path = "spec.partitioning.subpartitioning";
        if matches!(
            sub.by,
            PartitionBySpec::Range
                | PartitionBySpec::RangeColumns
                | PartitionBySpec::List
                | PartitionBySpec::ListColumns
        ) {
            faults.add(
                format!("{path}.by"),
                "subpartitions by Range or List",
                "subpartitions are by Hash, LinearHash, Key or LinearKey",
            );
        }
        let scheme = self::scheme(path, sub.by, sub.expression.as_deref(), &sub.columns, sub.algorithm, known, faults)?;
        Some(Subpartitioning { scheme, count: sub.count })
    });
    let partitions = spec.partitions.iter().enumerate().map(|(index, spec)| partition(index, spec, faults)).collect();
    Some(Partitioning { scheme: scheme?, count: spec.count, subpartitioning, partitions })
}

fn scheme(
    path: &str,
    by: PartitionBySpec,
    expression: Option<&str>,
    columns: &[String],
    algorithm: Option<u8>,
    known: &Columns,
    faults: &mut Faults,
) -> Option<PartitionScheme> {
    for (index, column) in columns.iter().enumerate() {
        known.check(|| format!("{path}.columns[{index}]"), column, faults);
    }
    let names: Vec<ColumnName> = columns.iter().map(ColumnName::new).collect();
    let expression = |faults: &mut Faults| -> Option<Expression> {
        let (Some(text), true) = (expression, columns.is_empty()) else {
            faults.add(path, "this kind of partitioning takes an expression", "give expression, and no columns");
            return None;
        };
        faults.sql(|| format!("{path}.expression"), text, sql::parse_expression(text))
    };
    let scheme = match by {
        PartitionBySpec::Range => PartitionScheme::Range(expression(faults)?),
        PartitionBySpec::List => PartitionScheme::List(expression(faults)?),
        PartitionBySpec::Hash => PartitionScheme::Hash { linear: false, expression: expression(faults)? },
        PartitionBySpec::LinearHash => PartitionScheme::Hash { linear: true, expression: expression(faults)? },
        PartitionBySpec::RangeColumns => PartitionScheme::RangeColumns(names),
        PartitionBySpec::ListColumns => PartitionScheme::ListColumns(names),
        PartitionBySpec::Key => PartitionScheme::Key { linear: false, algorithm, columns: names },
        PartitionBySpec::LinearKey => PartitionScheme::Key { linear: true, algorithm, columns: names },
    };
    Some(scheme)
}

fn partition(index: usize, spec: &PartitionSpec, faults: &mut Faults) -> Partition {
    let path = format!("spec.partitioning.partitions[{index}]");
    faults.name(|| format!("{path}.name"), &spec.name);
    Partition {
        name: PartitionName::new(&spec.name),
        values: values(&path, spec, faults),
        engine: None,
        comment: spec.comment.clone().unwrap_or_default(),
        data_directory: spec.data_directory.clone(),
        index_directory: spec.index_directory.clone(),
        max_rows: spec.max_rows,
        min_rows: spec.min_rows,
        tablespace: spec.tablespace.clone(),
        subpartitions: spec.subpartitions.iter().map(subpartition).collect(),
    }
}

fn subpartition(spec: &SubpartitionSpec) -> Partition {
    Partition {
        name: PartitionName::new(&spec.name),
        values: None,
        engine: None,
        comment: spec.comment.clone().unwrap_or_default(),
        data_directory: spec.data_directory.clone(),
        index_directory: spec.index_directory.clone(),
        max_rows: spec.max_rows,
        min_rows: spec.min_rows,
        tablespace: spec.tablespace.clone(),
        subpartitions: Vec::new(),
    }
}

fn values(path: &str, spec: &PartitionSpec, faults: &mut Faults) -> Option<PartitionValues> {
    let given = [
        spec.less_than.is_some(),
        !spec.less_than_values.is_empty(),
        !spec.in_values.is_empty(),
        !spec.in_tuples.is_empty(),
    ];
    if given.into_iter().filter(|given| *given).count() > 1 {
        faults.add(path, "several kinds of values", "give one of lessThan, lessThanValues, in and inTuples");
        return None;
    }
    if let Some(text) = &spec.less_than {
        let bound = faults.sql(|| format!("{path}.lessThan"), text, sql::parse_partition_bound(text))?;
        return Some(PartitionValues::LessThan(vec![bound]));
    }
    if !spec.less_than_values.is_empty() {
        let bounds = spec.less_than_values.iter().enumerate().map(|(index, text)| {
            faults.sql(|| format!("{path}.lessThanValues[{index}]"), text, sql::parse_partition_bound(text))
        });
        return bounds.collect::<Option<Vec<_>>>().map(PartitionValues::LessThan);
    }
    if !spec.in_values.is_empty() {
        let entries = spec.in_values.iter().enumerate().map(|(index, text)| {
            let value = faults.sql(|| format!("{path}.in[{index}]"), text, sql::parse_partition_value(text))?;
            Some(vec![value])
        });
        return entries.collect::<Option<Vec<_>>>().map(PartitionValues::In);
    }
    if spec.in_tuples.is_empty() {
        return None;
    }
    let mut entries = Vec::with_capacity(spec.in_tuples.len());
    for (index, tuple) in spec.in_tuples.iter().enumerate() {
        let mut values = Vec::with_capacity(tuple.values.len());
        for (position, text) in tuple.values.iter().enumerate() {
            let at = || format!("{path}.inTuples[{index}].values[{position}]");
            values.push(faults.sql(at, text, sql::parse_partition_value(text))?);
        }
        entries.push(values);
    }
    Some(PartitionValues::In(entries))
}
