//! `controller`: runs the controller until it is told to end.

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;

#[derive(Debug, Args)]
pub(super) struct ControllerArgs {}

pub(super) async fn run(_args: ControllerArgs) -> Result<Exit, Failure> {
    Err(Failure::new("the controller is not part of this build"))
}
