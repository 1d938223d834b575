//! What the bot remembers: through kills, while it is copied, and where its files are damaged.
use crate::fake::{Exchange, Place};
use crate::world::{ANNA, GUILD, World, ascii};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

pub fn here() -> Place {
    Place::member(GUILD, ANNA)
}

/// Somebody saves a prompt; nobody saves so many that there is no room for more.
pub fn save(number: u64) -> Value {
    let options = json!([{"name": "save", "type": 1, "options": [
        {"name": "name", "type": 3, "value": format!("n{number}")},
        {"name": "text", "type": 3, "value": format!("ring {number}")}]}]);
    Place::member(GUILD, 5_000 + number / 40).command("prompts", &options)
}

/// Whether somebody was told that it is saved.
pub fn is_saved(exchange: &Exchange) -> bool {
    exchange.content().starts_with("Saved")
}

async fn open(file: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(9));
    options.connect().await.expect("it opens")
}

/// The numbers of the prompts in a database, which must be whole.
pub async fn saved(file: &Path) -> BTreeSet<u64> {
    let mut connection = open(file).await;
    let said: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut connection)
        .await
        .expect("it answers");
    assert_eq!(said, "ok");
    let rows: Vec<(String, Vec<u8>)> = sqlx::query_as("SELECT name, prompt FROM saved_prompts")
        .fetch_all(&mut connection)
        .await
        .expect("it answers");
    rows.into_iter()
        .map(|(name, prompt)| {
            let number = name[1..].parse().expect("a number");
            assert_eq!(prompt, format!("\0ring {number}").into_bytes(), "a torn prompt");
            number
        })
        .collect()
}

/// The same pauses in every run: a step of Knuth's generator.
fn pause(number: u64) -> Duration {
    let mixed =
        number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    Duration::from_millis(400 + (mixed >> 33) % 600)
}

async fn survives_kills(kills: u64) {
    let mut world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "600")]).await;
    let (mut number, mut told, mut drawn) = (0, BTreeSet::new(), BTreeSet::new());
    for kill in 0..kills {
        let (begun, mut asked, mut drawings) = (Instant::now(), Vec::new(), Vec::new());
        while begun.elapsed() < pause(kill) {
            asked.push((number, world.discord.interact(save(number))));
            number += 1;
            if drawings.len() as u128 * 80 < begun.elapsed().as_millis() {
                let seed = json!([{"name": "seed", "type": 4, "value": number}]);
                let drawing = here().command("ascii", &ascii("ring", seed));
                drawings.push(world.discord.interact(drawing));
            }
            tokio::time::sleep(Duration::from_millis(8)).await;
        }
        world.kill();
        // What had left the process arrives.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let answered = asked.iter().filter(|(_, id)| is_saved(&world.discord.exchange(*id)));
        told.extend(answered.map(|(number, _)| *number));
        let buttons = drawings.iter().filter_map(|id| world.discord.exchange(*id).button("Again"));
        drawn.extend(buttons.map(|id| id["1:again:".len()..].parse::<i64>().expect("a number")));
        world.start();
        world.connected().await;
        let kept = saved(&world.database()).await;
        let lost: Vec<_> = told.difference(&kept).collect();
        assert!(lost.is_empty(), "told, and lost by kill {kill}: {lost:?}");
        let mut connection = open(&world.database()).await;
        let numbers: Vec<i64> = sqlx::query_scalar("SELECT id FROM drawings")
            .fetch_all(&mut connection)
            .await
            .expect("it answers");
        let lost: Vec<_> = drawn.iter().filter(|number| !numbers.contains(number)).collect();
        assert!(lost.is_empty(), "drawn, and lost by kill {kill}: {lost:?}");
        // A bot that is started so often would wait before it connects.
        sqlx::query("DELETE FROM notes WHERE name = 'starts'")
            .execute(&mut connection)
            .await
            .expect("it is taken");
    }
    println!(
        "{kills} kills: of {number} prompts {} were answered, {} drawings had their buttons; all of \
         them are there",
        told.len(),
        drawn.len()
    );
    assert!(told.len() as u64 > kills && !drawn.is_empty(), "hardly anything was written");
}

#[tokio::test]
async fn what_was_answered_survives_kills() {
    survives_kills(4).await;
}

#[tokio::test]
#[ignore = "minutes; run it with --ignored --nocapture"]
async fn what_was_answered_survives_a_hundred_kills() {
    survives_kills(100).await;
}

fn glyffuse(world: &World, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_glyffuse"))
        .args(arguments)
        .env("GLYFFUSE_CONFIG", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/empty.toml"))
        .env("GLYFFUSE__STORE__FILE", world.database())
        .output()
        .expect("the program starts")
}

#[tokio::test]
async fn a_running_bot_is_copied_whole_and_the_copy_can_be_put_back() {
    let mut world = World::new().await;
    let copy = |turn: u64| world.database().with_extension(format!("copy{turn}"));
    let copies: Vec<PathBuf> = (0..3).map(copy).collect();
    let (mut number, mut asked) = (0, Vec::new());
    for copy in &copies {
        for _ in 0..60 {
            asked.push((number, world.discord.interact(save(number))));
            number += 1;
        }
        // Some of these are being written just now.
        world.discord.wait(asked[asked.len() - 40].1, is_saved).await;
        let told = asked.iter().filter(|(_, id)| is_saved(&world.discord.exchange(*id)));
        let told: BTreeSet<_> = told.map(|(number, _)| *number).collect();
        let database = copy.to_str().expect("UTF-8").to_owned();
        let output = {
            let world = &world;
            glyffuse(world, &["backup", &database])
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(saved(copy).await.is_superset(&told), "told before, and not in the copy");
    }
    for (_, id) in &asked {
        world.discord.wait(*id, is_saved).await;
    }
    let first = copies[0].to_str().expect("UTF-8");
    let refused = glyffuse(&world, &["restore", first]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("stop the bot first"), "{said}");
    // Nor does a second bot get in.
    let first_bot = world.process().id();
    let second = Command::new(env!("CARGO_BIN_EXE_glyffuse"))
        .arg("bot")
        .env("GLYFFUSE_CONFIG", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/empty.toml"))
        .env("GLYFFUSE__STORE__FILE", world.database())
        .env("GLYFFUSE__HTTP__ADDRESS", "off")
        .env("DISCORD_TOKEN", crate::fake::TOKEN)
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{first_bot}: {said}");
    assert_eq!(said.matches("a bot that runs uses it").count(), 1, "{said}");
    world.terminate();
    assert!(world.ended().await.success());
    let then = saved(&copies[0]).await;
    assert!(glyffuse(&world, &["restore", first]).status.success());
    assert_eq!(saved(&world.database()).await, then);
    let kept = beside(&world, "glyffuse.db.before-restore-");
    assert_eq!(saved(&kept[0]).await.len() as u64, number);
    assert_eq!(kept.len(), 1);
    world.start();
    world.connected().await;
    let list = json!([{"name": "list", "type": 1, "options": []}]);
    let told = world.ask(Place::member(GUILD, 5_000).command("prompts", &list)).await;
    assert!(told.content().contains("ring 0"), "{}", told.content());
}

/// The files beside the database whose names begin so.
fn beside(world: &World, start: &str) -> Vec<PathBuf> {
    let folder = world.database().parent().expect("a folder").to_owned();
    let entries = fs::read_dir(folder).expect("readable").map(|entry| entry.expect("an entry"));
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(start));
    named.map(|entry| entry.path()).collect()
}

/// A bot that has drawn and saved something, and has stopped.
pub async fn rested() -> World {
    let mut world = World::new().await;
    world.ascii(here(), "ring", json!([])).await;
    for number in 0..30 {
        world.ask(save(number)).await;
    }
    world.terminate();
    assert!(world.ended().await.success());
    world
}

/// Starts the bot, which must refuse with these words, at once, without a login, and leave the file as
/// it was.
async fn refuses_to_start(world: &mut World, runner: &[&str], words: &[&str]) {
    let (before, logins) = (fs::read(world.database()).expect("there"), world.discord.logins());
    world.start_under(runner);
    assert_eq!(world.ended().await.code(), Some(2), "{}", world.log());
    let log = world.log();
    let said = log.lines().last().unwrap_or_default();
    for word in words.iter().chain(&["glyffuse.db"]) {
        assert!(said.contains(word), "no {word} in {said}");
    }
    assert_eq!(world.discord.logins(), logins, "it logged in before it looked");
    assert_eq!(fs::read(world.database()).expect("there"), before, "it changed the file");
}

#[tokio::test]
async fn a_damaged_database_is_refused_and_left_as_it_is() {
    let mut world = rested().await;
    let mut bytes = fs::read(world.database()).expect("there");
    let middle = bytes.len() / 8192 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(world.database(), &bytes).expect("writable");
    refuses_to_start(&mut world, &[], &["damaged", "glyffuse restore"]).await;
    // Cut off, as by a disk that was full when it was copied.
    bytes.truncate(middle);
    fs::write(world.database(), &bytes).expect("writable");
    refuses_to_start(&mut world, &[], &["damaged", "glyffuse restore"]).await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let mut world = rested().await;
    let sound = glyffuse(&world, &["migrate", "--status"]);
    assert!(sound.status.success());
    assert_eq!(String::from_utf8_lossy(&sound.stdout), "applied  0001 create tables\n");
    let mut connection = open(&world.database()).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations SELECT 9999, 'add wings', installed_on, success, checksum,
             execution_time FROM _sqlx_migrations",
    )
    .execute(&mut connection)
    .await
    .expect("it is taken");
    sqlx::Connection::close(connection).await.expect("it closes");
    refuses_to_start(&mut world, &[], &["newer version", "restore a backup"]).await;
    let status = glyffuse(&world, &["migrate", "--status"]);
    assert_eq!(status.status.code(), Some(1));
    let listed = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(listed.ends_with("unknown  9999 add wings\n"), "{listed}");
    for arguments in [&["migrate"][..], &["backup"]] {
        let refused = glyffuse(&world, arguments);
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("newer version"));
    }
}

#[tokio::test]
async fn what_is_no_whole_backup_is_refused_and_nothing_is_changed() {
    let world = rested().await;
    let folder = world.database().parent().expect("a folder").to_owned();
    let good = folder.join("good.db");
    let said = glyffuse(&world, &["backup", good.to_str().expect("UTF-8")]);
    let told = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(told.contains("1 drawings, 30 saved prompts"), "{told}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&good).expect("there").permissions().mode() & 0o777, 0o600);
    }
    let again = glyffuse(&world, &["backup", good.to_str().expect("UTF-8")]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--force"));
    assert!(
        glyffuse(&world, &["backup", "--force", good.to_str().expect("UTF-8")]).status.success()
    );
    let onto = glyffuse(&world, &["backup", "--force", world.database().to_str().expect("UTF-8")]);
    assert_eq!(onto.status.code(), Some(2));
    for _ in 0..2 {
        let kept = glyffuse(&world, &["backup", "--keep", "1"]);
        assert!(kept.status.success(), "{}", String::from_utf8_lossy(&kept.stderr));
        // Their names differ by the second.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    assert_eq!(beside(&world, "glyffuse-").len(), 1);

    let bytes = fs::read(&good).expect("readable");
    let newer = folder.join("newer.db");
    fs::copy(&good, &newer).expect("copied");
    let mut connection = open(&newer).await;
    sqlx::query("UPDATE _sqlx_migrations SET version = 9999")
        .execute(&mut connection)
        .await
        .expect("it is taken");
    let foreign = folder.join("foreign.db");
    let options = SqliteConnectOptions::new().filename(&foreign).create_if_missing(true);
    let mut connection = options.connect().await.expect("it opens");
    sqlx::query("CREATE TABLE a (b)").execute(&mut connection).await.expect("it is taken");
    let before = (fs::read(world.database()).expect("there"), saved(&world.database()).await);
    let cut = folder.join("cut.db");
    fs::write(&cut, &bytes[..bytes.len() / 2]).expect("writable");
    let torn = folder.join("torn.db");
    let mut bytes = bytes;
    let middle = bytes.len() / 8192 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(&torn, &bytes).expect("writable");
    let text = folder.join("text.db");
    fs::write(&text, "no database at all".repeat(999)).expect("writable");
    let database = world.database();
    for (file, word) in [
        (&cut, "damaged"),
        (&torn, "damaged"),
        (&text, "damaged"),
        (&newer, "newer version"),
        (&foreign, "no backup of Glyffuse"),
        (&folder.join("absent"), "cannot be read"),
        (&database, "the database itself"),
    ] {
        let refused = glyffuse(&world, &["restore", file.to_str().expect("UTF-8")]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(word) && said.lines().count() == 1, "{word}: {said}");
        assert!(refused.stdout.is_empty());
    }
    assert_eq!(fs::read(&database).expect("there"), before.0);
    assert!(beside(&world, "glyffuse.db.").iter().all(|path| path.ends_with("glyffuse.db.lock")));
    // A backup that was cut short is in nobody's way, and numbers go on far behind.
    fs::write(folder.join("glyffuse.db.restoring"), "cut short").expect("writable");
    assert!(glyffuse(&world, &["restore", good.to_str().expect("UTF-8")]).status.success());
    assert_eq!(saved(&database).await, before.1);
    let mut connection = open(&database).await;
    let next: i64 = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'drawings'")
        .fetch_one(&mut connection)
        .await
        .expect("it answers");
    assert!(next > 1_000_000, "{next}");
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_a_whole_database() {
    let world = rested().await;
    let folder = world.database().parent().expect("a folder").to_owned();
    let (small, database) = (folder.join("small.db"), world.database());
    assert!(glyffuse(&world, &["backup", small.to_str().expect("UTF-8")]).status.success());
    let mut connection = open(&database).await;
    sqlx::query("DELETE FROM saved_prompts WHERE name < 'n2'")
        .execute(&mut connection)
        .await
        .expect("it is taken");
    sqlx::Connection::close(connection).await.expect("it closes");
    let (old, new) = (saved(&database).await, saved(&small).await);
    assert!(old.len() < new.len());
    for kill in 0..12 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_glyffuse"))
            .args(["restore", small.to_str().expect("UTF-8")])
            .env("GLYFFUSE_CONFIG", "/dev/null")
            .env("GLYFFUSE__STORE__FILE", &database)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        tokio::time::sleep(Duration::from_millis(3 * kill)).await;
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
        let now = saved(&database).await;
        assert!(now == old || now == new, "kill {kill}: {now:?}");
        for kept in beside(&world, "glyffuse.db.before-restore-") {
            let kept = saved(&kept).await;
            assert!(kept == old || kept == new);
        }
    }
}
