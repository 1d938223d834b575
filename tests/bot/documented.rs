//! `docs/commands.md` explains every command of the bot, as it is registered.
use crate::world::World;
use serde_json::Value;

fn name(part: &Value) -> &str {
    part["name"].as_str().expect("a name")
}

#[tokio::test]
async fn every_command_of_the_bot_is_explained() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    let document = std::fs::read_to_string(path).expect("the page is there");
    let (_, document) = document.split_once("\n## The bot\n").expect("the bot has a chapter");
    let world = World::new().await;
    let commands = world.discord.registrations().pop().expect("they were registered");
    assert!(commands.len() >= 8);
    for command in &commands {
        // What stands in a menu has its name without a slash.
        let heading = match command["type"].as_u64() {
            Some(3) => format!("\n### {}\n", name(command)),
            _ => format!("\n### `/{}`\n", name(command)),
        };
        let (_, section) = document.split_once(&heading).unwrap_or_else(|| panic!("no{heading}"));
        let section = section.split("\n### ").next().expect("a text");
        let explained = |word: &str| assert!(section.contains(word), "{heading}: no {word}");
        for option in command["options"].as_array().into_iter().flatten() {
            if option["type"] == 1 {
                explained(&format!("`/{} {}`", name(command), name(option)));
                for inner in option["options"].as_array().into_iter().flatten() {
                    explained(&format!("`{}`", name(inner)));
                }
            } else {
                explained(&format!("`{}`", name(option)));
            }
        }
    }
}
