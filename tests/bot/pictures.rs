//! Drawings that start from a picture: an attachment or somebody's avatar.
use crate::fake::Place;
use crate::world::{ANNA, BERT, GUILD, World, art, ascii};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use serde_json::{Value, json};
use std::io::Cursor;

fn here() -> Place {
    Place::member(GUILD, ANNA)
}

/// A square with a bar across its middle.
fn bar(side: u32, format: ImageFormat) -> Vec<u8> {
    let inside =
        |x, y| (side / 8..side * 7 / 8).contains(&x) && (side * 3 / 8..side * 5 / 8).contains(&y);
    let picture = GrayImage::from_fn(side, side, |x, y| Luma([if inside(x, y) { 0 } else { 255 }]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, format).expect("writable");
    bytes.into_inner()
}

/// An attachment as Discord describes it.
fn file(url: &str, changes: Value) -> Value {
    let mut file = json!({
        "id": "1400000000000000001", "filename": "picture.png", "size": 900, "url": url,
        "proxy_url": url, "content_type": "image/png", "width": 128, "height": 128,
        "ephemeral": true,
    });
    let fields = file.as_object_mut().expect("an object");
    fields.extend(changes.as_object().expect("an object").clone());
    file
}

fn option(name: &str, kind: u64, value: Value) -> Value {
    json!({"name": name, "type": kind, "value": value})
}

/// `/ascii` with an attachment.
fn with_file(place: Place, text: &str, file: &Value, more: Value) -> Value {
    let mut options = ascii(text, json!([option("picture", 11, file["id"].clone())]));
    options.as_array_mut().expect("options").extend(more.as_array().expect("options").clone());
    let id = file["id"].as_str().expect("a number");
    place.command_resolving("ascii", &options, &json!({"attachments": {id: file}}))
}

/// `/ascii` with somebody's avatar.
fn with_avatar(place: Place, user: Value, member: Option<Value>) -> Value {
    let id = user["id"].as_str().expect("a number").to_owned();
    let options =
        ascii("ring", json!([option("avatar", 6, json!(id)), option("strength", 4, json!(0))]));
    let mut resolved = json!({"users": {id.clone(): user}});
    if let Some(member) = member {
        resolved["members"] = json!({id: member});
    }
    place.command_resolving("ascii", &options, &resolved)
}

/// Whether a drawing is the bar: ink in the middle, nothing above and below.
fn is_bar(lines: &[String]) -> bool {
    let blank = |lines: &[String]| lines.iter().all(|line| line.is_empty());
    blank(&lines[..5]) && !blank(&lines[6..12]) && blank(&lines[13..])
}

#[tokio::test]
async fn an_attached_picture_is_redrawn_toward_the_words() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "60")]).await;
    for (name, format) in [("bar.png", ImageFormat::Png), ("bar.jpg", ImageFormat::Jpeg)] {
        let url = world.discord.keep_file(&format!("/attachments/1/2/{name}"), bar(128, format));
        let changes = match format {
            ImageFormat::Jpeg => json!({"content_type": "image/jpeg"}),
            _ => json!({}),
        };
        let file = file(&(url + "?ex=1&hm=2"), changes);
        let kept = json!([option("strength", 4, json!(0))]);
        let drawn = world.ask(with_file(here(), "ring", &file, kept)).await;
        assert!(is_bar(&art(&drawn)), "{}", drawn.content());
        assert!(drawn.content().contains("**ring**") && drawn.content().contains("from a picture"));
        assert!(drawn.answered_in().expect("answered").as_secs() < 3);
        // All of it forgotten, the words decide.
        let forgotten = json!([option("strength", 4, json!(100))]);
        let forgotten = world.ask(with_file(here(), "ring", &file, forgotten)).await;
        assert!(!is_bar(&art(&forgotten)), "{}", forgotten.content());
    }
    // And of the usual strength, the buttons go on from there.
    let url = world.discord.keep_file("/attachments/1/2/bar.png", bar(128, ImageFormat::Png));
    let usual = world.ask(with_file(here(), "bar", &file(&url, json!({})), json!([]))).await;
    let again = world.press(here(), &usual, "Again").await;
    assert!(again.content().contains("from a picture"), "{}", again.content());
    let recipe = world.press(here(), &usual, "Recipe").await;
    let json = &recipe.files.iter().find(|file| file.0 == "recipe.json").expect("the recipe").1;
    let json: Value = serde_json::from_slice(json).expect("JSON");
    assert!((json["origin"]["strength"].as_f64().expect("a number") - 0.6).abs() < 1e-6);
    let said = recipe.told_privately().expect("private").to_owned();
    let code = said.lines().find(|line| line.starts_with("gly1-")).expect("a code");
    // A recipe's code as a message is drawn from the message's menu.
    let elsewhere = Place::direct(BERT).message_command("Draw as ASCII", code);
    assert_eq!(art(&world.ask(elsewhere).await), art(&usual));
}

#[tokio::test]
async fn an_avatar_is_found_where_discord_keeps_it() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "60")]).await;
    let hash = "0123456789abcdef0123456789abcdef";
    let user = |avatar: Value| {
        json!({
            "id": BERT.to_string(), "username": "bert", "discriminator": "0", "avatar": avatar,
            "global_name": null,
        })
    };
    let member = |avatar: Value| {
        json!({
            "roles": [], "joined_at": "2024-01-01T00:00:00+00:00", "flags": 0, "avatar": avatar,
            "permissions": "2048", "pending": false,
        })
    };
    let given = format!("/embed/avatars/{}.png", (BERT >> 22) % 6);
    for (path, user, member) in [
        (format!("/avatars/{BERT}/{hash}.png"), user(json!(hash)), None),
        (format!("/avatars/{BERT}/a_{hash}.png"), user(json!(format!("a_{hash}"))), None),
        (given, user(Value::Null), Some(member(Value::Null))),
        (
            format!("/guilds/{GUILD}/users/{BERT}/avatars/{hash}.png"),
            user(Value::Null),
            Some(member(json!(hash))),
        ),
    ] {
        let asked = with_avatar(here(), user, member);
        let absent = world.ask(asked.clone()).await;
        assert!(
            absent.told_privately().is_some_and(|said| said.contains("did not hand")),
            "{path}"
        );
        world.discord.keep_file(&path, bar(128, ImageFormat::Png));
        let mut again = asked;
        let id: u64 = again["id"].as_str().and_then(|id| id.parse().ok()).expect("a number");
        again["id"] = (id + 1).to_string().into();
        again["token"] = format!("another-for-{id}").into();
        let drawn = world.ask(again).await;
        assert!(is_bar(&art(&drawn)), "{path}: {}", drawn.content());
    }
}

#[tokio::test]
async fn a_bad_file_gets_one_private_sentence() {
    let world = World::with(&[
        ("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "600"),
        ("GLYFFUSE__LIMITS__GUILD_PER_MINUTE", "600"),
    ])
    .await;
    let keep = |name: &str, bytes: Vec<u8>| world.discord.keep_file(&format!("/a/{name}"), bytes);
    let sound = keep("sound.png", bar(128, ImageFormat::Png));
    let text = keep("text.png", b"#!/bin/sh\necho no picture".to_vec());
    let blank = {
        let mut bytes = Cursor::new(Vec::new());
        let paper = DynamicImage::from(GrayImage::from_pixel(90, 90, Luma([255])));
        paper.write_to(&mut bytes, ImageFormat::Png).expect("writable");
        keep("blank.png", bytes.into_inner())
    };
    let heavy = keep("heavy.png", vec![0; (8 << 20) + 1]);
    let large = keep("large.png", bar(4_200, ImageFormat::Png));
    keep("found.png", bar(128, ImageFormat::Png));
    let moved = format!("{}/a/moved.png", world.discord.api_base());
    let absent = format!("{}/a/absent.png", world.discord.api_base());
    let other_port = "http://127.0.0.1:9/a/sound.png";
    for (url, changes, word) in [
        (text.as_str(), json!({}), "no PNG or JPEG"),
        (&blank, json!({}), "stands out"),
        // What Discord says of a file is believed where it speaks against it, and checked otherwise.
        (&sound, json!({"content_type": "video/mp4"}), "no PNG or JPEG"),
        (&sound, json!({"size": 8_388_609}), "larger than 8 MiB"),
        (&sound, json!({"width": 9_000, "height": 10}), "too many pixels"),
        (&heavy, json!({}), "larger than 8 MiB"),
        (&large, json!({}), "too many pixels"),
        (&moved, json!({}), "did not hand"),
        (&absent, json!({}), "did not hand"),
        (other_port, json!({}), "does not lie with Discord"),
        ("https://cdn.discordapp.com/a/sound.png", json!({}), "does not lie with Discord"),
        ("file:///etc/passwd", json!({}), "does not lie with Discord"),
    ] {
        let told =
            world.ask(with_file(here(), "ring", &file(url, changes.clone()), json!([]))).await;
        let said = told.told_privately().unwrap_or_else(|| panic!("{url} {changes} was drawn"));
        assert!(said.contains(word) && said.lines().count() == 1, "{url} {changes}: {said}");
        assert!(told.is_private() || told.deleted, "nothing is left in public");
    }
    let both = json!([option("avatar", 6, json!(BERT.to_string()))]);
    let mut both = with_file(here(), "ring", &file(&sound, json!({})), both);
    both["data"]["resolved"]["users"] = json!({BERT.to_string(): {
        "id": BERT.to_string(), "username": "bert", "discriminator": "0", "avatar": null,
        "global_name": null,
    }});
    assert!(world.ask(both).await.told_privately().is_some_and(|said| said.contains("not both")));
    let alone = world.ascii(here(), "ring", json!([option("strength", 4, json!(50))])).await;
    assert!(alone.told_privately().is_some_and(|said| said.contains("add `picture`")));
    for strength in [-1, 101] {
        let wrong = json!([option("strength", 4, json!(strength))]);
        let wrong = world.ask(with_file(here(), "ring", &file(&sound, json!({})), wrong)).await;
        assert!(wrong.told_privately().is_some_and(|said| said.contains("0 to 100")));
    }
    let log = world.log();
    assert!(!log.contains("/a/text.png"), "addresses of files stay out of the log");
}

#[tokio::test]
async fn who_has_no_budget_left_lets_nothing_be_fetched() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "1")]).await;
    let url = world.discord.keep_file("/a/bar.png", bar(128, ImageFormat::Png));
    world.ascii(here(), "ring", json!([])).await;
    let refused = world.ask(with_file(here(), "bar", &file(&url, json!({})), json!([]))).await;
    assert!(refused.told_privately().is_some_and(|said| said.contains("try again in")));
    assert_eq!(world.discord.handed_out(), 0);
    let private = json!([option("private", 5, json!(true))]);
    let other = Place::member(GUILD, BERT);
    let drawn = world.ask(with_file(other, "bar", &file(&url, json!({})), private)).await;
    assert!(drawn.is_private() && art(&drawn).len() == 18, "{}", drawn.content());
}

#[tokio::test]
async fn what_does_not_fit_into_a_message_comes_as_files() {
    let world = World::new().await;
    // A frame that makes every line long, of the model's own size.
    let edge = |place: u32| place == 1 || place == 22;
    let inside = |place: u32| (1..=22).contains(&place);
    let frame = GrayImage::from_fn(24, 24, |x, y| {
        let ink = (edge(x) && inside(y)) || (edge(y) && inside(x));
        Luma([if ink { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(frame).write_to(&mut bytes, ImageFormat::Png).expect("writable");
    let url = world.discord.keep_file("/a/frame.png", bytes.into_inner());
    let text = "*".repeat(200);
    let options = json!([
        option("size", 3, json!("desktop")),
        option("style", 3, json!("filled")),
        option("strength", 4, json!(0)),
    ]);
    let drawn = world.ask(with_file(here(), &text, &file(&url, json!({})), options)).await;
    assert!(drawn.content().contains('…'), "{}", drawn.content());
    let [(name, whole), (picture, png)] = &drawn.files[..] else { panic!("{:?}", drawn.files) };
    assert_eq!((name.as_str(), picture.as_str()), ("drawing.txt", "drawing.png"));
    let whole = String::from_utf8_lossy(whole);
    assert!(whole.starts_with(&art(&drawn).join("\n")) && whole.contains(&text), "{whole}");
    let png = image::load_from_memory(png).expect("a picture").into_luma8();
    assert!(png.pixels().any(|pixel| pixel.0[0] < 64), "the picture is blank");
}
