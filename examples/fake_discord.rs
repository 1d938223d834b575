//! A Discord of our own to try a bot against, without a token and without a network: the one of
//! `tests/bot`. It says how to start the bot, waits for it, asks `/ascii` and prints the answer.
//!
//! `cargo run --example fake_discord -- cat` (and `--within SECONDS`, 600 if it is left out;
//! `--stay SECONDS`: how long it stays after the answer)
#![allow(dead_code, missing_docs)]

#[path = "../tests/bot/fake/mod.rs"]
mod fake;

use fake::{Exchange, FakeDiscord, Place, TOKEN};
use serde_json::json;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const GUILD: u64 = 1_200_000_000_000_001_000;
const MEMBER: u64 = 1_300_000_000_000_000_010;

/// What to ask for, how long to wait for the bot, and how long to stay after its answer.
fn arguments() -> Option<(String, Duration, Duration)> {
    let (mut words, mut within, mut stay) = (Vec::new(), 600, 0);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--within" => within = arguments.next()?.parse().ok()?,
            "--stay" => stay = arguments.next()?.parse().ok()?,
            word => words.push(word.to_owned()),
        }
    }
    let text = if words.is_empty() { "cat".to_owned() } else { words.join(" ") };
    Some((text, Duration::from_secs(within), Duration::from_secs(stay)))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some((text, within, stay)) = arguments() else {
        eprintln!("use: fake_discord [--within SECONDS] [--stay SECONDS] [TEXT]");
        return ExitCode::from(2);
    };
    let discord = FakeDiscord::start(&[GUILD]).await;
    println!("GLYFFUSE__DISCORD__API_BASE={} DISCORD_TOKEN={TOKEN}", discord.api_base());
    eprintln!("Start `glyffuse bot` with these two variables within {} s.", within.as_secs());
    let deadline = Instant::now() + within;
    while discord.logins().0 == 0 {
        if Instant::now() > deadline {
            eprintln!("No bot came.");
            return ExitCode::FAILURE;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let options = json!([{"name": "text", "type": 3, "value": text}]);
    let asked = Instant::now();
    let id = discord.interact(Place::member(GUILD, MEMBER).command("ascii", &options));
    let answer = discord.wait(id, Exchange::is_settled).await;
    println!("{}", answer.content());
    eprintln!("/ascii {text} was answered after {} ms.", asked.elapsed().as_millis());
    tokio::time::sleep(stay).await;
    let faults = discord.faults();
    for fault in &faults {
        eprintln!("What the bot sent is not sound: {fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
