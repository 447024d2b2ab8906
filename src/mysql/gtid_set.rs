//! Sets of GTIDs as the server prints them: `uuid:1-5:7, uuid:tag:1-3`. No I/O.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::Gtid;

/// Inclusive.
type Interval = (u64, u64);

/// A set of GTIDs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GtidSet {
    /// Per (uuid in lower case, tag; empty: untagged) sorted, disjoint, not adjacent, never empty.
    intervals: BTreeMap<(String, String), Vec<Interval>>,
}

/// A text that is not a GTID set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a set of GTIDs")]
pub struct GtidSetError {
    text: String,
}

impl GtidSet {
    /// Whether the set says who wrote each transaction. Positions of MariaDB do not: two histories may have the same ones.
    pub fn names_sources(&self) -> bool {
        self.intervals.keys().all(|(source, _)| is_uuid(source))
    }

    /// Reads MariaDB's form: `0-1-18518,2-1-7`, the last of each domain. Numbers rise within a domain, whoever wrote them, so
    /// that a position is the set of all up to it; the domain stands in for the source.
    pub(crate) fn parse_positions(text: &str) -> Result<Self, GtidSetError> {
        let wrong = || GtidSetError { text: text.chars().take(80).collect() };
        let mut found: BTreeMap<(String, String), Vec<Interval>> = BTreeMap::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let numbers: Vec<u64> = part.split('-').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
            let [domain, _server, last] = numbers.as_slice() else { return Err(wrong()) };
            if *last > 0 {
                found.insert((domain.to_string(), String::new()), vec![(1, *last)]);
            }
        }
        Ok(Self { intervals: found })
    }

    /// Reads the server's form; white space is allowed around parts.
    pub fn parse(text: &str) -> Result<Self, GtidSetError> {
        let wrong = || GtidSetError { text: text.chars().take(80).collect() };
        let mut found: BTreeMap<(String, String), Vec<Interval>> = BTreeMap::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let mut fields = part.split(':').map(str::trim);
            let source = fields.next().filter(|source| is_uuid(source)).ok_or_else(wrong)?.to_lowercase();
            let mut tag = String::new();
            let mut any = false;
            for field in fields {
                // A tag begins with a letter or an underscore and holds for the intervals after it.
                if field.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
                    tag = field.to_lowercase();
                    continue;
                }
                let (low, high) = field.split_once('-').unwrap_or((field, field));
                let low: u64 = low.trim().parse().map_err(|_| wrong())?;
                let high: u64 = high.trim().parse().map_err(|_| wrong())?;
                if low == 0 || high < low {
                    return Err(wrong());
                }
                found.entry((source.clone(), tag.clone())).or_default().push((low, high));
                any = true;
            }
            if !any {
                return Err(wrong());
            }
        }
        for intervals in found.values_mut() {
            *intervals = merged(std::mem::take(intervals));
        }
        Ok(Self { intervals: found })
    }

    /// For each source all from 1 up to its last number; a source need not be a UUID.
    pub(crate) fn up_to(last: impl Iterator<Item = (String, u64)>) -> Self {
        let written = last.filter(|(_, number)| *number > 0);
        Self { intervals: written.map(|(source, number)| ((source, String::new()), vec![(1, number)])).collect() }
    }

    /// Those of the sources that are wanted, given each with its last number.
    #[must_use]
    pub(crate) fn of_sources(mut self, wanted: impl Fn(&str, u64) -> bool) -> Self {
        self.intervals.retain(|(source, _), intervals| intervals.last().is_some_and(|(_, last)| wanted(source, *last)));
        self
    }

    /// Exactly these.
    ///
    /// # Errors
    /// When the source of one is no UUID.
    pub fn of(gtids: &[Gtid]) -> Result<Self, GtidSetError> {
        Self::parse(&gtids.iter().map(Gtid::to_string).collect::<Vec<_>>().join(","))
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Whether it holds this one (untagged).
    pub fn contains(&self, gtid: &Gtid) -> bool {
        self.untagged(&gtid.source).iter().any(|(low, high)| (*low..=*high).contains(&gtid.number))
    }

    /// Whether it holds all of the other.
    pub fn contains_set(&self, other: &Self) -> bool {
        other.subtract(self).is_empty()
    }

    /// What is here and not in the other.
    pub fn subtract(&self, other: &Self) -> Self {
        let mut out = BTreeMap::new();
        for (key, intervals) in &self.intervals {
            let taken = other.intervals.get(key).map(Vec::as_slice).unwrap_or_default();
            let left = difference(intervals, taken);
            if !left.is_empty() {
                out.insert(key.clone(), left);
            }
        }
        Self { intervals: out }
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut out = self.intervals.clone();
        for (key, intervals) in &other.intervals {
            let both = out.entry(key.clone()).or_default();
            both.extend(intervals);
            *both = merged(std::mem::take(both));
        }
        Self { intervals: out }
    }

    /// One interval for each source, from its first to its last, of so many sources at most: less text, and for each of
    /// them no less than the set.
    #[must_use]
    pub fn spans(&self, sources: usize) -> Self {
        let spans = self.intervals.iter().take(sources).filter_map(|(key, intervals)| {
            let ((low, _), (_, high)) = intervals.first().zip(intervals.last())?;
            Some((key.clone(), vec![(*low, *high)]))
        });
        Self { intervals: spans.collect() }
    }

    /// The highest untagged number of a UUID.
    pub fn highest(&self, source: &str) -> Option<u64> {
        self.untagged(source).last().map(|(_, high)| *high)
    }

    /// How many GTIDs it holds.
    pub fn count(&self) -> u64 {
        self.intervals.values().flatten().map(|(low, high)| high - low + 1).sum()
    }

    fn untagged(&self, source: &str) -> &[Interval] {
        self.intervals.get(&(source.to_lowercase(), String::new())).map(Vec::as_slice).unwrap_or_default()
    }
}

impl fmt::Display for GtidSet {
    /// The server's form.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before: Option<&str> = None;
        for ((source, tag), intervals) in &self.intervals {
            if before == Some(source) {
                write!(formatter, ":{tag}")?;
            } else {
                let comma = if before.is_some() { "," } else { "" };
                let colon = if tag.is_empty() { "" } else { ":" };
                write!(formatter, "{comma}{source}{colon}{tag}")?;
                before = Some(source);
            }
            for (low, high) in intervals {
                if low == high {
                    write!(formatter, ":{low}")?;
                } else {
                    write!(formatter, ":{low}-{high}")?;
                }
            }
        }
        Ok(())
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn merged(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort_unstable();
    let mut out: Vec<Interval> = Vec::with_capacity(intervals.len());
    for (low, high) in intervals {
        match out.last_mut() {
            Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
            Some(_) | None => out.push((low, high)),
        }
    }
    out
}

fn difference(from: &[Interval], taken: &[Interval]) -> Vec<Interval> {
    let mut out = Vec::new();
    for &(low, high) in from {
        let mut next = low;
        for &(cut_low, cut_high) in taken.iter().filter(|cut| cut.1 >= low && cut.0 <= high) {
            if cut_low > next {
                out.push((next, cut_low - 1));
            }
            next = next.max(cut_high.saturating_add(1));
        }
        if next <= high {
            out.push((next, high));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    const B: &str = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

    fn set(text: &str) -> GtidSet {
        GtidSet::parse(&text.replace('A', A).replace('B', B)).unwrap()
    }

    fn gtid(source: &str, number: u64) -> Gtid {
        Gtid { source: source.to_owned(), number }
    }

    #[test]
    fn reads_what_the_server_prints() {
        let text = "A:1-3:11:47-49,\nB:1-19:55-69:tag_1:7:88-100:ztag:4";
        let read = set(text);
        assert_eq!(read.count(), 3 + 1 + 3 + 19 + 15 + 1 + 13 + 1);
        assert_eq!(read.highest(A), Some(49));
        assert_eq!(read.highest(B), Some(69));
        assert_eq!(read.to_string(), text.replace('\n', "").replace('A', A).replace('B', B));
        assert!(set("").is_empty());
        assert_eq!(set("A:1-2:3:2-5").to_string(), format!("{A}:1-5"));
    }

    #[test]
    fn tags_are_other_gtids() {
        let read = set("A:1-3:tag:5");
        assert!(!read.contains(&gtid(A, 5)));
        assert!(read.contains(&gtid(&A.to_uppercase(), 3)));
        assert!(!read.contains_set(&set("A:5")));
        assert!(read.contains_set(&set("A:tag:5")));
    }

    #[test]
    fn subtracts_as_gtid_subtract_does() {
        assert_eq!(set("A:1-10").subtract(&set("A:3-4:7:10")), set("A:1-2:5-6:8-9"));
        assert_eq!(set("A:1-10,B:1").subtract(&set("B:1-3")), set("A:1-10"));
        assert!(set("A:5").subtract(&set("A:1-9")).is_empty());
    }

    #[test]
    fn unites_what_overlaps_and_spans_its_gaps() {
        assert_eq!(set("A:1-3:tag:5").union(&set("A:3-4:9,B:2")), set("A:1-4:9:tag:5,B:2"));
        assert_eq!(set("").union(&set("A:1")), set("A:1"));
        assert_eq!(set("A:1-3:7:9-12,B:2").spans(2), set("A:1-12,B:2"));
        assert_eq!(set("A:1-3:7,B:2").spans(1), set("A:1-7"));
    }

    #[test]
    fn refuses_what_is_not_a_set() {
        for text in ["x", "3e11fa47:1", A, &format!("{A}:0"), &format!("{A}:5-3"), &format!("{A}:tag")] {
            assert!(GtidSet::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn positions_of_mariadb_are_all_up_to_them() {
        let replica = GtidSet::parse_positions("0-2-18518,1-1-3").unwrap();
        assert!(replica.contains_set(&GtidSet::parse_positions("0-1-18518").unwrap()));
        assert!(!replica.contains_set(&GtidSet::parse_positions("0-1-18519").unwrap()));
        assert!(!replica.contains_set(&GtidSet::parse_positions("2-1-1").unwrap()));
        assert!(GtidSet::parse_positions("").unwrap().is_empty());
        assert!(GtidSet::parse_positions("0-1").is_err());
        assert!(!replica.names_sources() && GtidSet::default().names_sources());
    }
}
