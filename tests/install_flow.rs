//! What an admin installs: the service with all that it names, completions, manual pages.
#![cfg(unix)]
mod common;

use common::{glyffuse, run, stderr_of, stdout, tiny_glyffuse};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const TOKEN: &str = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.GfAkEe.not-a-real-token_of-anything";

fn unit_file() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/glyffuse.service");
    fs::read_to_string(path).expect("the unit is there")
}

/// The keys of the unit's `[Service]`, with their values.
fn service() -> Vec<(String, String)> {
    let unit = unit_file();
    let lines = unit.lines().skip_while(|line| *line != "[Service]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// Whether a program can be called on this machine.
fn there_is(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

/// The installed file that belongs to an absolute path.
fn installed(root: &TempDir, path: &str) -> PathBuf {
    root.path().join(path.trim_start_matches('/'))
}

fn install(root: &TempDir, token: Option<&str>) -> std::process::Output {
    let mut command = tiny_glyffuse(&["install-service", "--root"]);
    command.arg(root.path()).env_remove("DISCORD_TOKEN");
    command.envs(token.map(|token| ("DISCORD_TOKEN", token)));
    run(&mut command)
}

#[test]
fn the_service_may_do_little() {
    let service = service();
    let given = |key: &str| {
        service.iter().filter(|(k, _)| k == key).map(|(_, v)| v.as_str()).collect::<Vec<_>>()
    };
    for key in [
        "DynamicUser",
        "NoNewPrivileges",
        "ProtectHome",
        "PrivateTmp",
        "PrivateDevices",
        "PrivateUsers",
        "ProtectClock",
        "ProtectControlGroups",
        "ProtectHostname",
        "ProtectKernelLogs",
        "ProtectKernelModules",
        "ProtectKernelTunables",
        "RestrictNamespaces",
        "RestrictRealtime",
        "RestrictSUIDSGID",
        "LockPersonality",
        "MemoryDenyWriteExecute",
    ] {
        assert_eq!(given(key), ["yes"], "{key}");
    }
    for (key, value) in [
        ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        ("StateDirectory", "glyffuse"),
        ("LoadCredential", "token:/etc/glyffuse/token"),
        ("UMask", "0077"),
        ("Restart", "on-failure"),
        ("RestartPreventExitStatus", "2"),
    ] {
        assert_eq!(given(key), [value], "{key}");
    }
    assert_eq!(given("SystemCallFilter"), ["@system-service", "~@privileged"]);
    assert!(given("ReadWritePaths").is_empty() && given("User").is_empty());
    // Without a home the program finds none of its folders; ONNX Runtime would keep a file of its own.
    let environment = given("Environment").join(" ");
    for variable in ["HOME=%S/glyffuse", "XDG_DATA_HOME=%S", "ORT_DISABLE_TELEMETRY=1"] {
        assert!(environment.split(' ').any(|given| given == variable), "{variable}");
    }
}

#[test]
fn a_dry_run_prints_the_unit_and_does_nothing() {
    let output = run(glyffuse().args(["install-service", "--dry-run"]).env("DISCORD_TOKEN", TOKEN));
    assert!(output.status.success(), "{}", stderr_of(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), unit_file());
    let told = stderr_of(&output);
    for words in ["would copy", "/etc/glyffuse/token (mode 600)", "would run systemctl restart"] {
        assert!(told.contains(words), "{told}");
    }
    assert!(!told.contains(TOKEN));
    let refused = run(glyffuse().args(["install-service", "--dry-run", "--folder", "a b"]));
    assert_eq!(refused.status.code(), Some(2));
    assert!(refused.stdout.is_empty() && stderr_of(&refused).contains("absolute"));
}

#[test]
fn systemd_finds_no_fault_in_the_unit() {
    if !there_is("systemd-analyze") {
        eprintln!("systemd-analyze is not here: the unit's text alone is checked");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    // The program that the unit names has to be there.
    fs::copy("/bin/true", folder.path().join("glyffuse")).expect("copied");
    let mut command = glyffuse();
    command.args(["install-service", "--dry-run", "--folder"]).arg(folder.path());
    let unit = folder.path().join("glyffuse.service");
    fs::write(&unit, stdout(&mut command)).expect("writable");
    let output = run(Command::new("systemd-analyze").arg("verify").arg(&unit));
    assert!(output.status.success(), "{}", stderr_of(&output));
    let about_us = stderr_of(&output);
    assert!(!about_us.contains("glyffuse"), "{about_us}");
    let judged = run(Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
        .arg(&unit));
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}{}", stderr_of(&judged));
}

#[test]
fn what_is_installed_draws_without_anything_else() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let output = install(&root, Some(TOKEN));
    assert!(output.status.success(), "{}", stderr_of(&output));
    assert!(!stderr_of(&output).contains(TOKEN));
    let token = installed(&root, "/etc/glyffuse/token");
    assert_eq!(fs::read_to_string(&token).expect("readable").trim(), TOKEN);
    assert_eq!(mode(&token), 0o600);
    let settings = installed(&root, "/etc/glyffuse/glyffuse.toml");
    assert!(!fs::read_to_string(&settings).expect("readable").contains(TOKEN));
    let unit = installed(&root, "/etc/systemd/system/glyffuse.service");
    let unit = fs::read_to_string(unit).expect("readable");
    assert!(unit.contains("\nExecStart=/usr/local/lib/glyffuse/glyffuse --model tiny bot\n"));
    let program = installed(&root, "/usr/local/lib/glyffuse/glyffuse");
    assert_eq!(mode(&program), 0o755);
    let link = fs::read_link(installed(&root, "/usr/local/bin/glyffuse")).expect("a link");
    assert_eq!(link, Path::new("/usr/local/lib/glyffuse/glyffuse"));
    // Nothing is taken from elsewhere: no cache, no Python, no model of the source tree.
    let drawn = run(Command::new(&program)
        .args(["--model", "tiny", "draw", "ring"])
        .env_clear()
        .env("XDG_CACHE_HOME", root.path().join("no cache"))
        .current_dir(root.path()));
    assert!(drawn.status.success(), "{}", stderr_of(&drawn));
    assert_eq!(stdout(&mut tiny_glyffuse(&["draw", "ring"])).into_bytes(), drawn.stdout);
}

#[test]
fn an_upgrade_keeps_settings_and_what_the_token_was() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let refused = install(&root, None);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr_of(&refused).contains("glyffuse setup"), "{}", stderr_of(&refused));
    assert!(install(&root, Some(TOKEN)).status.success());
    let settings = installed(&root, "/etc/glyffuse/glyffuse.toml");
    fs::write(&settings, "# mine\n").expect("writable");
    assert!(install(&root, None).status.success(), "the token is there already");
    let fresh = TOKEN.replace("GfAkEe", "GfReSh");
    assert!(install(&root, Some(&fresh)).status.success());
    assert_eq!(fs::read_to_string(&settings).expect("readable"), "# mine\n");
    let token = installed(&root, "/etc/glyffuse/token");
    let previous = installed(&root, "/etc/glyffuse/token.previous");
    assert_eq!(fs::read_to_string(&token).expect("readable").trim(), fresh);
    assert_eq!(fs::read_to_string(&previous).expect("readable").trim(), TOKEN);
    assert_eq!(mode(&previous), 0o600);
}

#[test]
fn shells_take_the_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(glyffuse().args(["completions", shell]));
        assert!(script.contains("install-service") && script.contains("variation"), "{shell}");
        if shell == "bash" && there_is(shell) {
            let typed = format!(
                "{script}\nCOMP_WORDS=(glyffuse dra); COMP_CWORD=1; _glyffuse glyffuse dra glyffuse\n\
                 echo \"${{COMPREPLY[@]}}\""
            );
            assert_eq!(stdout(Command::new(shell).args(["-c", &typed])).trim(), "draw");
        }
    }
    let refused = run(glyffuse().args(["completions", "cmd"]));
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn manual_pages_tell_every_command() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = stdout(glyffuse().arg("man"));
    for command in ["glyffuse\\-draw(1)", "glyffuse\\-install\\-service(1)"] {
        assert!(page.contains(command), "{page}");
    }
    let draw = stdout(glyffuse().args(["man", "draw"]));
    assert!(draw.contains("\\-\\-variation") && draw.contains("glyffuse\\-draw"), "{draw}");
    let pages = folder.path().join("man1");
    stdout(glyffuse().args(["man", "--folder"]).arg(&pages));
    assert_eq!(fs::read_to_string(pages.join("glyffuse.1")).expect("a page"), page);
    assert_eq!(fs::read_to_string(pages.join("glyffuse-draw.1")).expect("a page"), draw);
    let refused = run(glyffuse().args(["man", "paint"]));
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr_of(&refused).contains("glyffuse help"));
}
