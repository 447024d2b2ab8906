//! Exit codes: a contract with scripts and CI, listed in docs/guides/commands.md.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done (for `plan`: computed).
    Done,
    /// 1: an error, or something that was to be shown right is not (a replica, a lint).
    Failed,
    /// 2: with `--detailed-exitcode`, changes are pending.
    Pending,
    /// 3: refused by policy, waiting for approval, or a table that cannot be planned.
    Refused,
    /// 64: the command line itself is wrong.
    Usage,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Pending => 2,
            Self::Refused => 3,
            Self::Usage => 64,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_contract() {
        let codes = [Exit::Done, Exit::Failed, Exit::Pending, Exit::Refused, Exit::Usage].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 64]);
    }
}
