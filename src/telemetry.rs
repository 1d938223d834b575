//! The log, on stderr. Rules: no secret and no prompt at any level; a request is known by its number;
//! what fails is said once, where it is handled. docs/LOGGING.md has them all.
use crate::config::{LogFormat, LogSettings};
use tracing_subscriber::EnvFilter;

/// What is let through besides our own lines. Libraries may only warn: what they say at lower levels
/// can hold tokens and texts. Serenity may say nothing, because it warns of a message that it does not
/// understand with all of that message; what it warns of is told by `discord`.
const LIBRARIES: &str = "warn,serenity=off,tungstenite=off,tokio_tungstenite=off";

/// Starts the log, and lets a panic say where it was and not with which values.
pub fn start(settings: &LogSettings) {
    let filter = EnvFilter::new(format!("{LIBRARIES},glyffuse={}", settings.level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_writer(std::io::stderr);
    // A second start in one process changes nothing.
    let _ = match settings.format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of the program panicked: please report it");
    }));
}
