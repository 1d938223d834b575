//! `glyffuse health`: asks the running bot, as a container's health check does.
use crate::app::App;
use crate::health::ask;
use clap::Args;

/// Asks the bot of these settings whether it is ready.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Ask only whether the process answers, not whether it can draw.
    #[arg(long)]
    alive: bool,
}

/// Asks; false when nobody answers, or the answer is no. Says on stdout what was answered, on stderr
/// why it was no.
pub fn run(args: &HealthArgs, app: &App) -> bool {
    let http = &app.settings().http;
    let Some(address) = http.listen().filter(|address| address.port() != 0) else {
        eprintln!(
            "glyffuse: http.address is \"{}\", where nobody can ask: set it to 127.0.0.1:8417",
            http.address
        );
        return false;
    };
    let path = if args.alive { "/healthz" } else { "/readyz" };
    match ask(address, path) {
        Ok(answer) if answer.status == 200 => {
            print!("{}", answer.body);
            true
        }
        Ok(answer) => {
            eprintln!("glyffuse: {}", answer.body.trim_end());
            false
        }
        Err(error) => {
            eprintln!(
                "glyffuse: no bot answers on {address} ({error}): start it, or look at http.address"
            );
            false
        }
    }
}
