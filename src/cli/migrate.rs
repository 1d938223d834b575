//! `glyffuse migrate`: brings the database up to date, as the bot does when it starts.
use crate::app::App;
use crate::store::{PromptCipher, StepState, Store, StoreError, steps};
use anyhow::{Context, Result};
use clap::Args;

/// Brings the database up to date while no bot runs; the bot also does so itself when it starts.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// Change nothing: list the steps, and end with 1 unless the database has all of them and no others.
    #[arg(long)]
    status: bool,
}

/// Applies the steps that are missing, or lists all of them; false when the list is not as it should be.
///
/// # Errors
/// One sentence saying what is wrong and what to do.
pub fn run(args: &MigrateArgs, app: &App) -> Result<bool> {
    let file = app.settings().store.path();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let database = || format!("the database {}", file.display());
    let steps = runtime.block_on(steps(&file)).with_context(database)?;
    if args.status {
        for step in &steps {
            let state = match step.state {
                StepState::Applied => "applied",
                StepState::Pending => "pending",
                StepState::Unknown => "unknown",
            };
            println!("{state:<8} {:04} {}", step.version, step.name);
        }
        let sound = steps.iter().all(|step| step.state == StepState::Applied);
        if steps.iter().any(|step| step.state == StepState::Unknown) {
            eprintln!("glyffuse: {}: {}", database(), StoreError::Newer);
        } else if !sound {
            eprintln!("glyffuse: {}: `glyffuse migrate` or the next start does it", database());
        }
        return Ok(sound);
    }
    if steps.iter().any(|step| step.state == StepState::Unknown) {
        return Err(StoreError::Newer).with_context(database);
    }
    let missing: Vec<_> = steps.iter().filter(|step| step.state == StepState::Pending).collect();
    if !missing.is_empty() {
        // Prompts are neither read nor written.
        runtime.block_on(async {
            let store = Store::open(&file, PromptCipher::new(None)).await;
            store.with_context(database)?.close().await;
            anyhow::Ok(())
        })?;
    }
    for step in &missing {
        println!("applied  {:04} {}", step.version, step.name);
    }
    println!("{} is up to date", database());
    Ok(true)
}
