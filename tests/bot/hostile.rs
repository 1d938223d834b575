//! Texts that mean harm, and commands that no client would send.
use crate::fake::Place;
use crate::world::{ANNA, GUILD, World, art};
use serde_json::json;

fn here() -> Place {
    Place::member(GUILD, ANNA)
}

#[tokio::test]
async fn hostile_texts_are_drawn_harmlessly_and_stay_out_of_the_log() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "600")]).await;
    let texts = [
        "@everyone <@1300000000000000010> <#1> <@&1>".to_owned(),
        "```rust\nfn main() {}\n```".to_owned(),
        "`` ` ```".to_owned(),
        "\u{202E}gnir\u{202C} \u{2066}x\u{2069}".to_owned(),
        "r\u{200B}i\u{200B}n\u{200B}g".to_owned(),
        "😀".repeat(200),
        "👨\u{200D}👩\u{200D}👧".repeat(20),
        "a".repeat(200),
        "**ring** ||spoiler|| [x](https://evil.example) https://evil.example <:a:1>".to_owned(),
        "'; DROP TABLE drawings; --".to_owned(),
        "../../../etc/passwd".to_owned(),
        "{{7*7}} ${HOME} $(id)".to_owned(),
        "Z̷͍̈a̶̯̐l̴͖̈g̵̭̀o̶̜̍".to_owned(),
        "日本語のとても長い文章".repeat(10),
    ];
    for text in &texts {
        for size in ["phone", "desktop"] {
            let options = json!([{"name": "size", "type": 3, "value": size}]);
            let drawn = world.ascii(here(), text, options).await;
            let rows = if size == "phone" { 18 } else { 30 };
            assert_eq!(art(&drawn).len(), rows, "{text}");
            let content = drawn.content();
            assert_eq!(content.matches("```").count(), 2, "{content}");
            for live in ["<@1", "<#1", "<@&", "https://", "](", "||spoiler", "<:a", "\u{202E}"] {
                assert!(!content.contains(live), "{live} is live in {content}");
            }
        }
    }
    let log = world.log();
    for text in &texts {
        let word = text.chars().take(12).collect::<String>();
        assert!(!log.contains(&word), "the log holds {word}");
    }
    assert!(!log.contains("not-a-real-token"), "the log holds the token");
    assert!(log.contains("connected to Discord"), "the log was read");
}

#[tokio::test]
async fn what_discord_would_not_let_through_is_refused_kindly() {
    let world = World::new().await;
    let option = |name: &str, kind: u64, value: serde_json::Value| json!([{"name": name, "type": kind, "value": value}]);
    for (text, options, word) in [
        (" ", json!([]), "no text"),
        ("\u{200B}\u{200D}", json!([]), "no text"),
        (&"x".repeat(201), json!([]), "201 characters"),
        ("a\u{1b}[2Jb", json!([]), "control character"),
        ("ring", option("steps", 4, json!(0)), "1 to 50"),
        ("ring", option("steps", 4, json!(51)), "1 to 50"),
        ("ring", option("steps", 4, json!(-1)), "1 to 50"),
        ("ring", option("seed", 4, json!(-1)), "whole number"),
        ("ring", option("seed", 4, json!(4_294_967_296_i64)), "whole number"),
        ("ring", option("size", 3, json!("huge")), "phone"),
        ("ring", option("style", 3, json!("oil")), "braille"),
        ("gly1-AAAA", json!([]), "recipe code"),
    ] {
        let refused = world.ascii(here(), text, options).await;
        let said = refused.told_privately().unwrap_or_else(|| panic!("{text:?} was drawn"));
        assert!(said.contains(word), "{text:?}: {said}");
        assert!(!said.to_lowercase().contains("error") && !said.contains("panicked"), "{said}");
    }
    let unknown = world.ask(here().command("paint", &json!([]))).await;
    assert!(unknown.told_privately().is_some_and(|said| said.contains("not known")));
}
