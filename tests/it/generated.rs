//! Random tables and random edits of them, proved on the real server as the cases of the corpus are: forwards, again
//! (empty), backwards, again (empty), definitions as the server itself makes them of the text.
//!
//! `GENERATED_PAIRS=5000 GENERATED_SEED=7 make generated` is the long run. A failure is shrunk and shown as the two texts:
//! they become a folder in `tests/cases`.

mod edit;
mod expression;
mod proof;
mod table;
mod text;
mod types;

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

use crate::support::pair::shared;
use proof::Totals;

/// A table before and after its edits.
#[derive(Clone, Debug)]
struct Pair {
    current: table::Table,
    edits: Vec<edit::Edit>,
}

impl Pair {
    fn desired(&self) -> table::Table {
        let mut table = self.current.clone();
        self.edits.iter().for_each(|edit| edit.apply(&mut table));
        table
    }
}

fn pair() -> impl Strategy<Value = Pair> {
    (table::table(), prop::collection::vec(edit::edit(), 1..7)).prop_map(|(current, edits)| Pair { current, edits })
}

/// Pairs that are planned together: they share two parents, and the cost of a plan.
const BATCH: usize = 10;

/// A number of the environment.
pub fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[test]
fn random_edits_end_as_the_server_says() {
    let Some(servers) = shared("random_edits_end_as_the_server_says") else { return };
    let pairs = usize::try_from(number("GENERATED_PAIRS", 120)).expect("a count");
    let first = number("GENERATED_SEED", 1);
    let batches = pairs.div_ceil(BATCH);
    let (next, failures, totals) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(Totals::default()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let batch = next.fetch_add(1, Ordering::Relaxed);
                    if batch >= batches {
                        return;
                    }
                    let seed = first + batch as u64;
                    if let Err(failure) = prove_batch(servers, seed, &totals) {
                        eprintln!("seed {seed} failed\n{failure}");
                        failures.lock().expect("no panic").push(format!("# seed {seed}\n{failure}"));
                    }
                }
            });
        }
    });
    let (totals, failures) = (totals.into_inner().expect("no panic"), failures.into_inner().expect("no panic"));
    println!("generated: {totals}, {} batches wrong", failures.len());
    for refusal in &totals.refusals {
        println!("refused: {refusal}");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(totals.exact * 2 > pairs, "most pairs are to be tables: {totals}");
    assert!(totals.refusals.len() * 100 <= pairs, "at most one in a hundred is refused: {totals}");
}

fn prove_batch(servers: &crate::support::pair::Pair, seed: u64, totals: &Mutex<Totals>) -> Result<(), String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: 1,
        max_shrink_iters: u32::try_from(number("GENERATED_SHRINK", 60)).expect("a count"),
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(&prop::collection::vec(pair(), BATCH), |pairs| {
        let texts: Vec<(String, String)> = pairs
            .iter()
            .enumerate()
            .map(|(at, pair)| (pair.current.text(&format!("t{at}")), pair.desired().text(&format!("t{at}"))))
            .collect();
        let counted = proof::prove(servers, &texts).map_err(TestCaseError::fail)?;
        totals.lock().expect("no panic").add(counted);
        Ok(())
    });
    match result {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, _)) => Err(reason.message().to_owned()),
        Err(TestError::Abort(reason)) => Err(reason.message().to_owned()),
    }
}
