//! Partitioning.

use super::{NotStructured, not_empty};
use crate::api::{
    PartitionBySpec, PartitionManageSpec, PartitionSpec, PartitionTupleSpec, PartitioningSpec, SubpartitionSpec,
    SubpartitioningSpec,
};
use crate::model::{Partition, PartitionScheme, PartitionValues, Partitioning, Subpartitioning};
use crate::sql;

pub(super) fn partitioning(partitioning: &Partitioning) -> Result<PartitioningSpec, NotStructured> {
    let Partitioning { scheme: by, count, subpartitioning, partitions } = partitioning;
    let parts = scheme(by);
    Ok(PartitioningSpec {
        by: parts.by,
        expression: parts.expression,
        columns: parts.columns,
        algorithm: parts.algorithm,
        count: *count,
        subpartitioning: subpartitioning.as_ref().map(sub),
        partitions: partitions.iter().map(partition).collect::<Result<_, _>>()?,
        manage: PartitionManageSpec::All,
    })
}

struct Scheme {
    by: PartitionBySpec,
    expression: Option<String>,
    columns: Vec<String>,
    algorithm: Option<u8>,
}

fn scheme(scheme: &PartitionScheme) -> Scheme {
    let (by, expression, columns, algorithm) = match scheme {
        PartitionScheme::Range(expression) => (PartitionBySpec::Range, Some(expression), None, None),
        PartitionScheme::List(expression) => (PartitionBySpec::List, Some(expression), None, None),
        PartitionScheme::RangeColumns(columns) => (PartitionBySpec::RangeColumns, None, Some(columns), None),
        PartitionScheme::ListColumns(columns) => (PartitionBySpec::ListColumns, None, Some(columns), None),
        PartitionScheme::Hash { linear: false, expression } => (PartitionBySpec::Hash, Some(expression), None, None),
        PartitionScheme::Hash { linear: true, expression } => {
            (PartitionBySpec::LinearHash, Some(expression), None, None)
        }
        PartitionScheme::Key { linear: false, algorithm, columns } => {
            (PartitionBySpec::Key, None, Some(columns), *algorithm)
        }
        PartitionScheme::Key { linear: true, algorithm, columns } => {
            (PartitionBySpec::LinearKey, None, Some(columns), *algorithm)
        }
    };
    Scheme {
        by,
        expression: expression.map(|expression| expression.as_str().to_owned()),
        columns: columns.map(|names| names.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        algorithm,
    }
}

fn sub(subpartitioning: &Subpartitioning) -> SubpartitioningSpec {
    let parts = scheme(&subpartitioning.scheme);
    SubpartitioningSpec {
        by: parts.by,
        expression: parts.expression,
        columns: parts.columns,
        algorithm: parts.algorithm,
        count: subpartitioning.count,
    }
}

fn partition(partition: &Partition) -> Result<PartitionSpec, NotStructured> {
    let Partition {
        name,
        values,
        // Always the table's: MySQL does not mix engines.
        engine: _,
        comment,
        data_directory,
        index_directory,
        max_rows,
        min_rows,
        tablespace,
        subpartitions,
    } = partition;
    let mut spec = PartitionSpec {
        name: name.to_string(),
        comment: not_empty(comment),
        data_directory: data_directory.clone(),
        index_directory: index_directory.clone(),
        max_rows: *max_rows,
        min_rows: *min_rows,
        tablespace: tablespace.clone(),
        subpartitions: subpartitions.iter().map(subpartition).collect::<Result<_, _>>()?,
        ..PartitionSpec::default()
    };
    match values {
        None => {}
        Some(PartitionValues::LessThan(bounds)) => match bounds.as_slice() {
            [bound] => spec.less_than = Some(sql::print_partition_bound(bound)),
            bounds => spec.less_than_values = bounds.iter().map(sql::print_partition_bound).collect(),
        },
        Some(PartitionValues::In(entries)) if entries.iter().all(|values| values.len() == 1) => {
            spec.in_values = entries.iter().flatten().map(sql::print_partition_value).collect();
        }
        Some(PartitionValues::In(entries)) => {
            spec.in_tuples = entries
                .iter()
                .map(|values| PartitionTupleSpec { values: values.iter().map(sql::print_partition_value).collect() })
                .collect();
        }
    }
    Ok(spec)
}

fn subpartition(partition: &Partition) -> Result<SubpartitionSpec, NotStructured> {
    if partition.values.is_some() || !partition.subpartitions.is_empty() {
        return Err(NotStructured);
    }
    Ok(SubpartitionSpec {
        name: partition.name.to_string(),
        comment: not_empty(&partition.comment),
        data_directory: partition.data_directory.clone(),
        index_directory: partition.index_directory.clone(),
        max_rows: partition.max_rows,
        min_rows: partition.min_rows,
        tablespace: partition.tablespace.clone(),
    })
}
