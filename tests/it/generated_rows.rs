//! Random tables with rows under random edits, changed by the program on a primary with its replica. After each change
//! both servers have the rows that the plan did not say would go, with the values that it did not say would change; what
//! it called sure to fail is not begun, and fails by hand; what fails at the server was counted, or said not to be.
//!
//! `GENERATED_PAIRS=5000 GENERATED_SEED=7 make generated` is the long run. A failure shows its seed, definition, rows, and
//! what the plan said: it becomes a case of the tests of its subject.

mod cut;
mod dump;
mod edit;
mod judge;
mod proof;
mod said;
mod table;
mod text;
mod types;
mod unit;
mod value;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    generated::number,
    support::{
        pair::{Pair, Role, own},
        zone::{SUMMER_TIME, load_summer_time},
    },
};
use proof::{Verdict, prove};
use unit::{Unit, unit};

/// Units that are planned together.
const BATCH: usize = 10;

/// Time zones of both servers, one for each seed in turn.
const ZONES: &[&str] = &["SYSTEM", "+02:00", SUMMER_TIME];

/// What became of the units.
#[derive(Debug, Default)]
struct Totals {
    proved: usize,
    same: usize,
    fails: usize,
    not_counted: BTreeMap<String, usize>,
    no_table: usize,
    refusals: Vec<String>,
    wrong: Vec<String>,
}

impl Totals {
    fn add(&mut self, seed: u64, at: usize, verdict: Verdict) {
        match verdict {
            Verdict::Proved => self.proved += 1,
            Verdict::Same => self.same += 1,
            Verdict::Fails => self.fails += 1,
            Verdict::NotCounted(what) => *self.not_counted.entry(what.chars().take(10).collect()).or_default() += 1,
            Verdict::NoTable => self.no_table += 1,
            Verdict::Refused(why) => self.refusals.push(why),
            Verdict::Wrong(what) => {
                let zone = zone_of(seed);
                let text = format!(
                    "# GENERATED_SEED={seed} GENERATED_PAIRS={BATCH} make generated (u{at}, time zone {zone})\n{what}"
                );
                eprintln!("{text}");
                self.wrong.push(text);
            }
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { proved, same, fails, not_counted, no_table, refusals, wrong } = self;
        write!(
            formatter,
            "{proved} changes proved, {fails} sure to fail, {} failed and not counted {not_counted:?}, {} refused, \
             {same} without a change, {no_table} that the server does not take, {} wrong",
            not_counted.values().sum::<usize>(),
            refusals.len(),
            wrong.len()
        )
    }
}

fn zone_of(seed: u64) -> &'static str {
    ZONES[usize::try_from(seed % ZONES.len() as u64).expect("few zones")]
}

/// The units of a seed.
fn units(seed: u64) -> Vec<Unit> {
    let one = |at: u64| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&at.to_le_bytes());
        let config = Config { failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        unit().new_tree(&mut runner).expect("a strategy without filters").current()
    };
    (0..BATCH as u64).map(one).collect()
}

#[test]
fn rows_under_random_edits_are_as_the_plan_says() {
    let Some(pair) = own("generated_rows") else { return };
    let pairs = number("GENERATED_PAIRS", 60);
    let first = number("GENERATED_SEED", 1);
    let seeds: Vec<u64> = (first..first + pairs.div_ceil(BATCH as u64)).collect();
    let totals = Mutex::new(Totals::default());
    // The servers' files are thrown away: nothing need survive a crash.
    for role in [Role::Primary, Role::Replica] {
        pair.sql(role, "", "SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 2");
    }
    for role in [Role::Primary, Role::Replica] {
        load_summer_time(&|text| pair.sql(role, "", text));
    }
    for zone in ZONES {
        for role in [Role::Primary, Role::Replica] {
            pair.sql(role, "", &format!("SET GLOBAL time_zone = '{zone}'"));
        }
        let seeds: Vec<u64> = seeds.iter().copied().filter(|seed| zone_of(*seed) == *zone).collect();
        prove_all(&pair, &seeds, &totals);
    }
    let totals = totals.into_inner().expect("no panic");
    println!("generated rows: {totals}");
    for refusal in &totals.refusals {
        println!("refused: {refusal}");
    }
    assert!(totals.wrong.is_empty(), "{}", totals.wrong.join("\n\n"));
    let pairs = usize::try_from(pairs).expect("a count");
    assert!(totals.proved * 3 > pairs, "a third are to be changes that are executed: {totals}");
}

fn prove_all(pair: &Pair, seeds: &[u64], totals: &Mutex<Totals>) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdicts = prove(pair, &units(*seed));
                    let mut totals = totals.lock().expect("no panic");
                    verdicts.into_iter().enumerate().for_each(|(at, verdict)| totals.add(*seed, at, verdict));
                }
            });
        }
    });
}
