//! Which plans wait for a person.

use super::proposal::Risk;

/// Whether a plan of this risk waits. `from` is the lowest risk that does; `None`: no plan waits.
pub fn waits_for_approval(risk: Risk, from: Option<Risk>) -> bool {
    from.is_some_and(|from| risk >= from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_itself_waits() {
        assert!(waits_for_approval(Risk::Caution, Some(Risk::Caution)));
        assert!(!waits_for_approval(Risk::Safe, Some(Risk::Caution)));
        assert!(!waits_for_approval(Risk::Destructive, None));
    }
}
