//! The buttons under a drawing, and the forms.
use crate::fake::{Exchange, Place};
use crate::world::{ANNA, BERT, GUILD, World, art, seed, with_flags};
use serde_json::{Value, json};

fn here() -> Place {
    Place::member(GUILD, ANNA)
}

#[tokio::test]
async fn again_gives_another_drawing_every_time() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "60")]).await;
    let first = world.ascii(here(), "cross", json!([])).await;
    let second = world.press(here(), &first, "Again").await;
    let third = world.press(here(), &first, "Again").await;
    let fourth = world.press(Place::member(GUILD, BERT), &third, "Again").await;
    let mut seeds: Vec<_> = [&first, &second, &third, &fourth].map(seed).to_vec();
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 4, "every press gives a seed of its own");
    assert!(fourth.content().contains("**cross**"));
    let given = json!([{"name": "seed", "type": 4, "value": 100}]);
    let given = world.ascii(here(), "cross", given).await;
    assert_eq!(seed(&world.press(here(), &given, "Again").await), 101);
}

#[tokio::test]
async fn vary_keeps_the_seed_and_changes_a_little() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "60")]).await;
    let first = world.ascii(here(), "cross", json!([])).await;
    let second = world.press(here(), &first, "Vary").await;
    let third = world.press(here(), &second, "Vary").await;
    assert_eq!((seed(&first), seed(&first)), (seed(&second), seed(&third)));
    assert!(second.content().contains("change 1") && third.content().contains("change 2"));
    assert_eq!(art(&second).len(), 18);
}

#[tokio::test]
async fn edit_opens_a_form_and_draws_what_is_sent() {
    let world = World::new().await;
    let style = json!([{"name": "style", "type": 3, "value": "blocks"}]);
    let first = world.ascii(here(), "ring", style).await;
    let form = world.press(here(), &first, "Edit").await;
    assert_eq!(form.answer.as_ref().map(|answer| answer.0), Some(9));
    let modal = form.message();
    let field = &modal["components"][0]["components"][0];
    assert_eq!((&field["custom_id"], &field["value"]), (&json!("text"), &json!("ring")));
    let custom_id = modal["custom_id"].as_str().expect("a custom id");
    let drawn = world.ask(here().form(custom_id, "bar", first.message())).await;
    assert!(drawn.content().contains("**bar**"));
    assert!(art(&drawn).concat().contains('█') || art(&drawn).concat().contains('▀'), "its style");
    let empty = world.ask(here().form(custom_id, "  ", first.message())).await;
    assert!(empty.told_privately().is_some_and(|said| said.contains("no text")));
}

#[tokio::test]
async fn a_recipe_draws_the_same_elsewhere() {
    let world = World::new().await;
    let options = json!([
        {"name": "seed", "type": 4, "value": 5}, {"name": "style", "type": 3, "value": "filled"},
    ]);
    let first = world.ascii(here(), "ring", options).await;
    let recipe = world.press(Place::member(GUILD, BERT), &first, "Recipe").await;
    let said = recipe.told_privately().expect("private").to_owned();
    let code = said.lines().find(|line| line.starts_with("gly1-")).expect("a code");
    let file = |name: &str| &recipe.files.iter().find(|file| file.0 == name).expect(name).1;
    assert_eq!(String::from_utf8_lossy(file("drawing.txt")), art(&first).join("\n"));
    let json: Value = serde_json::from_slice(file("recipe.json")).expect("JSON");
    assert_eq!(json["prompt"], "ring");
    let elsewhere = world.ascii(Place::direct(BERT), code, json!([])).await;
    assert_eq!(art(&elsewhere), art(&first));
    let terminal = std::process::Command::new(env!("CARGO_BIN_EXE_glyffuse"))
        .args(["--model", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tiny")])
        .args(["draw", "--quiet", "--recipe", code])
        .output()
        .expect("the program starts");
    let drawn = String::from_utf8(terminal.stdout).expect("UTF-8");
    assert_eq!(drawn.trim_end_matches('\n'), art(&first).join("\n").trim_end_matches('\n'));
    let broken = world.ascii(here(), &code[..code.len() - 2], json!([])).await;
    assert!(broken.told_privately().is_some_and(|said| said.contains("no whole recipe code")));
}

#[tokio::test]
async fn delete_is_for_the_author_and_moderators() {
    let world = World::new().await;
    let first = world.ascii(here(), "ring", json!([])).await;
    let other = world.press(Place::member(GUILD, BERT), &first, "Delete").await;
    assert!(other.told_privately().is_some_and(|said| said.contains("Only the one who asked")));
    assert!(world.press(here(), &first, "Delete").await.deleted);
    let second = world.ascii(here(), "bar", json!([])).await;
    assert!(world.press(Place::admin(GUILD, BERT), &second, "Delete").await.deleted);
}

#[tokio::test]
async fn what_follows_from_a_private_drawing_is_private() {
    let world = World::new().await;
    let private = json!([{"name": "private", "type": 5, "value": true}]);
    let first = world.ascii(here(), "ring", private).await;
    for label in ["Again", "Vary"] {
        assert!(world.press(here(), &first, label).await.is_private(), "{label}");
    }
    let form = world.press(here(), &first, "Edit").await;
    let custom_id = form.message()["custom_id"].as_str().expect("a custom id");
    let drawn = world.ask(here().form(custom_id, "bar", &with_flags(&first))).await;
    assert!(drawn.is_private());
}

#[tokio::test]
async fn buttons_survive_a_restart_and_a_kill() {
    let mut world = World::new().await;
    let first = world.ascii(here(), "ring", json!([])).await;
    world.terminate();
    assert!(world.ended().await.success());
    world.start();
    world.connected().await;
    let second = world.press(here(), &first, "Again").await;
    assert!(second.content().contains("**ring**"));
    world.kill();
    world.start();
    world.connected().await;
    let third = world.press(here(), &second, "Again").await;
    assert!(![seed(&first), seed(&second)].contains(&seed(&third)));
}

#[tokio::test]
async fn a_button_of_another_time_is_answered_kindly() {
    let world = World::new().await;
    let first = world.ascii(here(), "ring", json!([])).await;
    let kind = |exchange: &Exchange| {
        exchange.told_privately().is_some_and(|said| said.contains("too old"))
    };
    for custom_id in ["1:again:999999", "0:old:button", "1:vary:x", "1:recipe:-1"] {
        let told = world.ask(here().button(custom_id, first.message())).await;
        assert!(kind(&told), "{custom_id}: {}", told.content());
    }
    let form = world.ask(here().form("1:edit:999999", "bar", first.message())).await;
    assert!(kind(&form));
}

#[tokio::test]
async fn a_recipe_of_any_length_finds_its_way() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "60")]).await;
    for text in ["😀".repeat(200), "猫".repeat(200), "a".repeat(200)] {
        let first = world.ascii(here(), &text, json!([])).await;
        let recipe = world.press(here(), &first, "Recipe").await;
        let said = recipe.told_privately().expect("private").to_owned();
        let code = said.lines().find(|line| line.starts_with("gly1-")).expect("a code");
        // Too long for the option of a command: it goes as a message.
        assert!(code.len() > 200 && said.contains("as a message"), "{said}");
        let elsewhere = Place::direct(BERT).message_command("Draw as ASCII", code);
        assert_eq!(art(&world.ask(elsewhere).await), art(&first));
    }
}

#[tokio::test]
async fn a_private_drawing_is_its_authors_business() {
    let world = World::new().await;
    let private = json!([{"name": "private", "type": 5, "value": true}]);
    let first = world.ascii(here(), "ring", private).await;
    for label in ["Again", "Vary", "Edit", "Recipe"] {
        let told = world.press(Place::member(GUILD, BERT), &first, label).await;
        assert!(told.told_privately().is_some_and(|said| said.contains("too old")), "{label}");
    }
}
