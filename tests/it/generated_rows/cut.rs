//! Partitions of a table over `p`, or over the timestamp `ts`.

use proptest::{option::weighted, prelude::*, sample::select};

#[derive(Clone, Debug)]
pub enum Cut {
    /// No partitions.
    Whole,
    /// By bounds on `p`, the last with or without an end.
    Range {
        bounds: Vec<u8>,
        open: bool,
        columns: bool,
        sub: bool,
    },
    /// The home of each value from 0 to 8; none from 3 on.
    List {
        homes: Vec<u8>,
        null: Option<u8>,
        columns: bool,
    },
    Hash(u8),
    LinearHash(u8),
    Key(u8),
    /// By moments, over UNIX_TIMESTAMP(ts).
    Stamp {
        bounds: Vec<u8>,
        open: bool,
    },
}

const MOMENTS: &[&str] = &[
    "2019-01-01 00:00:00",
    "2020-01-02 12:00:00",
    "2020-07-01 22:30:00",
    "2021-01-01 00:00:00",
    "2030-01-01 00:00:00",
];

pub fn cut() -> impl Strategy<Value = Cut> {
    let range =
        (prop::collection::btree_set(1u8..10, 1..5), any::<bool>(), any::<bool>(), prop::bool::weighted(0.2)).prop_map(
            |(bounds, open, columns, sub)| Cut::Range { bounds: bounds.into_iter().collect(), open, columns, sub },
        );
    let list = (prop::collection::vec(0u8..4, 9), weighted(0.3, 0u8..3), any::<bool>())
        .prop_map(|(homes, null, columns)| Cut::List { homes, null, columns });
    let stamp = (prop::collection::btree_set(0u8..5, 1..4), any::<bool>())
        .prop_map(|(bounds, open)| Cut::Stamp { bounds: bounds.into_iter().collect(), open });
    prop_oneof![
        1 => Just(Cut::Whole),
        4 => range,
        4 => list,
        1 => (1u8..6).prop_map(Cut::Hash),
        1 => (1u8..6).prop_map(Cut::LinearHash),
        1 => (1u8..6).prop_map(Cut::Key),
        1 => stamp,
    ]
}

/// What becomes of partitions that are there.
#[derive(Clone, Debug)]
pub enum Shift {
    /// A bound, or the home of a value, comes, goes or becomes another.
    One(u8, u8),
    /// The open end comes or goes.
    End,
    /// Other partitions.
    Anew(Cut),
}

pub fn shift() -> impl Strategy<Value = Shift> {
    prop_oneof![
        5 => (1u8..10, 0u8..4).prop_map(|(one, to)| Shift::One(one, to)),
        2 => Just(Shift::End),
        2 => cut().prop_map(Shift::Anew),
        1 => select(&[1u8, 2, 3, 7][..]).prop_map(|number| Shift::Anew(Cut::Hash(number))),
    ]
}

impl Cut {
    pub fn shifted(&self, shift: &Shift) -> Self {
        let mut cut = self.clone();
        match (&mut cut, shift) {
            (_, Shift::Anew(other)) => return other.clone(),
            (Self::Range { bounds, .. }, Shift::One(one, _)) => toggle(bounds, *one),
            (Self::Stamp { bounds, .. }, Shift::One(one, _)) => toggle(bounds, one % 5),
            (Self::List { homes, .. }, Shift::One(one, to)) => homes[usize::from(*one) % 9] = *to,
            (Self::Range { open, .. } | Self::Stamp { open, .. }, Shift::End) => *open = !*open,
            (Self::List { null, .. }, Shift::End) => *null = if null.is_some() { None } else { Some(0) },
            (Self::Hash(number) | Self::LinearHash(number) | Self::Key(number), Shift::One(one, _)) => *number = *one,
            (Self::Whole | Self::Hash(_) | Self::LinearHash(_) | Self::Key(_), Shift::One(..) | Shift::End) => {}
        }
        cut
    }

    /// What stands behind the options.
    pub fn text(&self) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Range { bounds, open, columns, sub } => {
                let over = if *columns { "RANGE COLUMNS (p)" } else { "RANGE (p)" };
                let sub = if *sub { "SUBPARTITION BY HASH (p) SUBPARTITIONS 2 " } else { "" };
                let bounds: Vec<(String, String)> =
                    bounds.iter().map(|bound| (format!("r{bound}"), format!("({bound})"))).collect();
                let end = if *columns { "(MAXVALUE)" } else { "MAXVALUE" };
                format!("PARTITION BY {over} {sub}({})", ranges(bounds, *open, end))
            }
            Self::Stamp { bounds, open } => {
                let bounds: Vec<(String, String)> = bounds
                    .iter()
                    .map(|bound| (format!("s{bound}"), format!("(UNIX_TIMESTAMP('{}'))", MOMENTS[usize::from(*bound)])))
                    .collect();
                format!("PARTITION BY RANGE (UNIX_TIMESTAMP(ts)) ({})", ranges(bounds, *open, "MAXVALUE"))
            }
            Self::List { homes, null, columns } => {
                let over = if *columns { "LIST COLUMNS (p)" } else { "LIST (p)" };
                let parts: Vec<String> = (0u8..3)
                    .filter_map(|home| {
                        let own = (0u8..).zip(homes).filter(|(_, other)| **other == home);
                        let mut values: Vec<String> = own.map(|(value, _)| value.to_string()).collect();
                        if *null == Some(home) {
                            values.push("NULL".to_owned());
                        }
                        let values = values.join(",");
                        (!values.is_empty()).then(|| format!("PARTITION l{home} VALUES IN ({values})"))
                    })
                    .collect();
                if parts.is_empty() { String::new() } else { format!("PARTITION BY {over} ({})", parts.join(", ")) }
            }
            Self::Hash(number) => format!("PARTITION BY HASH (p) PARTITIONS {number}"),
            Self::LinearHash(number) => format!("PARTITION BY LINEAR HASH (p) PARTITIONS {number}"),
            Self::Key(number) => format!("PARTITION BY KEY (p) PARTITIONS {number}"),
        }
    }
}

fn toggle(bounds: &mut Vec<u8>, one: u8) {
    match bounds.iter().position(|bound| *bound == one) {
        Some(at) if bounds.len() > 1 => drop(bounds.remove(at)),
        Some(_) => {}
        None => {
            bounds.push(one);
            bounds.sort_unstable();
        }
    }
}

fn ranges(mut bounds: Vec<(String, String)>, open: bool, end: &str) -> String {
    if open {
        bounds.push(("open".to_owned(), end.to_owned()));
    }
    let parts: Vec<String> =
        bounds.iter().map(|(name, bound)| format!("PARTITION {name} VALUES LESS THAN {bound}")).collect();
    parts.join(", ")
}
