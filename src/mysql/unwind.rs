//! A panic of the driver is an answer that it does not understand, and no more.
//!
//! sqlx 0.9.0 panics where a packet is shorter than it should be (an error packet of one byte, a cut row). Only its own
//! code runs here, on a connection that is not used again. The panic hook, which would tell of a defect of this program,
//! does not hear of it.

use std::cell::Cell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::task::Poll;

/// The driver came upon something that it does not understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

thread_local! {
    /// Whether this thread is in the driver's code.
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// Whatever the driver makes of the future, or that it panicked.
pub(super) async fn caught<T>(part: impl Future<Output = T>) -> Result<T, Panicked> {
    hush();
    // On the heap: the driver's futures are large, and those around them would be as large again.
    let mut part = Box::pin(part);
    poll_fn(|context| {
        let outer = WITHIN.replace(true);
        let polled = catch_unwind(AssertUnwindSafe(|| part.as_mut().poll(context)));
        WITHIN.set(outer);
        match polled {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}

/// Puts a hook before the one that is there, which keeps silent within the driver.
fn hush() {
    static HUSHED: Once = Once::new();
    HUSHED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !WITHIN.get() {
                before(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_caught_and_what_follows_goes_on() {
        let torn: Vec<u8> = Vec::new();
        let answer = async {
            tokio::task::yield_now().await;
            torn[0]
        };
        assert_eq!(caught(answer).await, Err(Panicked));
        assert!(!WITHIN.get());
        assert_eq!(caught(async { 1 }).await, Ok(1));
    }
}
