//! Disks that are full or can only be read: they cost buttons, and no drawing.
use crate::data::{here, is_saved, rested, save, saved};
use crate::fake::Place;
use crate::health::waits_for_ready;
use crate::world::{GUILD, World, art};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What takes the right to write everywhere from a process, where the tests have it.
fn unprivileged(folder: &Path) -> &'static [&'static str] {
    match fs::write(folder.join("trial"), "") {
        Ok(()) => &["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"],
        Err(_) => &[],
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_can_only_be_read_costs_buttons_and_no_drawing() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = rested().await;
    let folder = world.database().parent().expect("a folder").to_owned();
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    set(&world.database(), 0o444);
    set(&folder, 0o555);
    let runner = unprivileged(&folder);
    if !runner.is_empty()
        && !Command::new(runner[0])
            .args(&runner[1..])
            .arg("true")
            .status()
            .is_ok_and(|status| status.success())
    {
        eprintln!("the rights of root cannot be given up here: this is not tested");
        return;
    }
    // The bot draws, and says what is wrong.
    world.start_under(runner);
    world.connected().await;
    let drawn = world.ascii(here(), "bar", json!([])).await;
    assert_eq!(art(&drawn).len(), 18);
    assert!(drawn.button("Again").is_none() && drawn.button("Delete").is_some());
    let ready = world.get("/readyz").await;
    assert_eq!(ready.status, 503, "{}", ready.body);
    assert!(world.log().contains("the database takes nothing"), "{}", world.log());
    // Once it is mended nobody has to start the bot anew.
    set(&folder, 0o755);
    set(&world.database(), 0o644);
    let drawn = world.ascii(here(), "ring", json!([])).await;
    assert!(drawn.button("Again").is_some());
    waits_for_ready(&world).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_disk_that_fills_up_costs_buttons_and_no_drawing_until_there_is_room() {
    let mut world = World::unconnected(&[("GLYFFUSE__LOG__LEVEL", "info")]).await;
    // No file may grow beyond so many blocks of 512 bytes: writing more fails, as on a full disk.
    let limited = "trap '' XFSZ; ulimit -S -f 500; exec \"$@\"";
    world.start_under(&["sh", "-c", limited, "sh"]);
    world.connected().await;
    let (mut number, mut told) = (0, BTreeSet::new());
    let refused = loop {
        let exchange = world.ask(save(number)).await;
        if !is_saved(&exchange) {
            break exchange;
        }
        told.insert(number);
        number += 1;
        assert!(number < 2_000, "it is never full");
    };
    assert!(refused.told_privately().is_some_and(|said| said.contains("does not answer just now")));
    // What takes less room may still find some; soon nothing does.
    for seed in 0.. {
        let options = json!([{"name": "seed", "type": 4, "value": seed}]);
        let drawn = world.ascii(Place::member(GUILD, 9_000 + seed), "bar", options).await;
        assert_eq!(art(&drawn).len(), 18);
        assert!(drawn.button("Delete").is_some());
        let ready = world.get("/readyz").await;
        if drawn.button("Again").is_none() && ready.body.contains("free space") {
            assert_eq!(ready.status, 503);
            break;
        }
        assert!(seed < 50, "it is never full");
    }
    // What it remembers it still knows.
    let list = json!([{"name": "list", "type": 1, "options": []}]);
    let listed = world.ask(Place::member(GUILD, 5_000).command("prompts", &list)).await;
    assert!(listed.content().contains("ring 0"), "{}", listed.content());
    // There is room again, and nobody has to start the bot anew.
    let id = world.process().id().to_string();
    let freed = Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited:"]).status();
    assert!(freed.expect("prlimit is there").success());
    let exchange = world.ask(save(number)).await;
    assert!(is_saved(&exchange), "{}", exchange.content());
    told.insert(number);
    waits_for_ready(&world).await;
    assert!(saved(&world.database()).await.is_superset(&told));
    // And the start on a full disk is refused with its name where nothing can be made.
    world.terminate();
    assert!(world.ended().await.success());
    fs::remove_file(world.database()).expect("there");
    let full = "trap '' XFSZ; ulimit -S -f 16; exec \"$@\"";
    world.start_under(&["sh", "-c", full, "sh"]);
    assert_eq!(world.ended().await.code(), Some(2), "{}", world.log());
    assert!(world.log().contains("free space"), "{}", world.log());
}
