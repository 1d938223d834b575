//! Texts that mean harm, and commands that no client would send.
use crate::fake::{Exchange, Place};
use crate::world::{ANNA, GUILD, World, art, ascii};
use glyffuse::domain::{Dots, InkMap, Origin, Recipe, Steps, Strength};
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
            // What did not fit comes as files.
            assert_eq!(content.contains('…'), !drawn.files.is_empty(), "{content}");
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

#[tokio::test]
async fn hostile_texts_are_harmless_wherever_they_are_shown() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "600")]).await;
    let texts = [
        "@everyone <@1300000000000000077> **ring** ||x|| [x](https://evil.example)".to_owned(),
        "```rust\nfn main() {}\n``` ` ``".to_owned(),
        "\u{202E}gnir\u{2066} r\u{200B}ing".to_owned(),
        "*".repeat(200),
        "😀".repeat(200),
    ];
    let harmless = |content: &str| {
        for live in ["<@1300000000000000077>", "https://", "](", "||x", "\u{202E}"] {
            assert!(!content.contains(live), "{live} is live in {content}");
        }
        assert!(
            content.chars().count() <= 2_000 && content.matches("```").count().is_multiple_of(2)
        );
    };
    let option = |name: &str, value: &str| json!({"name": name, "type": 3, "value": value});
    for (number, text) in texts.iter().enumerate() {
        let desktop = json!([{"name": "size", "type": 3, "value": "desktop"}]);
        let drawn = world.ascii(here(), text, desktop).await;
        world.press(here(), &drawn, "Share").await;
        let newest = json!([{"name": "new", "type": 1, "options": []}]);
        let newest = world.ask(here().command("gallery", &newest)).await;
        assert!(newest.content().contains(&format!("number {}", number + 1)));
        harmless(newest.content());
        harmless(world.ask(here().message_command("Draw as ASCII", text)).await.content());
        let name: String = text.chars().take(20).collect();
        let save = [option("name", &name), option("text", text)];
        let save = json!([{"name": "save", "type": 1, "options": save}]);
        harmless(world.ask(here().command("prompts", &save)).await.content());
        let lost = json!([{"name": "use", "type": 1, "options": [option("name", "<@1300000000000000077>")]}]);
        harmless(world.ask(here().command("prompts", &lost)).await.content());
    }
    let list = json!([{"name": "list", "type": 1, "options": []}]);
    let list = world.ask(here().command("prompts", &list)).await;
    harmless(list.content());
    let typing = json!([{"name": "text", "type": 3, "value": "e", "focused": true}]);
    world.ask(here().autocomplete("ascii", &typing)).await;
    assert!(!world.log().contains("1300000000000000077"), "the log holds what was written");
}

#[tokio::test]
async fn a_forged_recipe_harms_nobody_else() {
    let world = World::new().await;
    let first = world.ascii(here(), "ring", json!([])).await;
    let recipe = world.press(here(), &first, "Recipe").await;
    let code = recipe.content().lines().find(|line| line.starts_with("gly1-")).expect("a code");
    let sound = Recipe::parse(code).expect("sound");
    let paper = InkMap::new(ndarray::Array2::from_elem((8, 8), 1.0)).expect("square");
    let picture = Dots::of(&paper).expect("small enough");
    let origin = Some(Origin { strength: Strength::USUAL, picture });
    for (forged, word) in [
        (Recipe { kind: "oil".to_owned(), ..sound.clone() }, "draws no kind"),
        (Recipe { origin, ..sound.clone() }, "another model"),
        (Recipe { model: "large@9".to_owned(), ..sound.clone() }, "for the model"),
        (Recipe { steps: Steps::try_from(1_000).expect("in range"), ..sound }, "up to 50"),
    ] {
        let options = ascii(&forged.code(), json!([]));
        let bad = world.discord.interact(here().command("ascii", &options));
        let good = Place::member(GUILD, ANNA + 1).command("ascii", &ascii(word, json!([])));
        let good = world.discord.interact(good);
        let told = world.discord.wait(bad, Exchange::is_settled).await;
        assert!(told.told_privately().is_some_and(|said| said.contains(word)), "{told:?}");
        assert_eq!(art(&world.discord.wait(good, Exchange::is_settled).await).len(), 18);
    }
}
