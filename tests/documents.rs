//! What the documents say is true: every command in them is run, or held against what it names where
//! it cannot run here; every setting, command and message that they explain is there.
#![cfg(unix)]

use clap::{CommandFactory, Parser};
use glyffuse::cli::Cli;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TOKEN: &str = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.GfAkEe.not-a-real-token_of-anything";

/// Programs whose commands do not run here, because they build, need root, a network or an engine.
/// What they name is checked.
const NOT_RUN: &[&str] = &[
    "apt-get",
    "cargo",
    "docker",
    "git",
    "install",
    "journalctl",
    "python",
    "python3",
    "rm",
    "systemctl",
    "chown",
    ".ci/run",
    ".ci/fresh_root.sh",
];
/// Commands of the program that do not run here: they need Discord, or a bot that runs.
const NOT_RUN_OURS: &[&str] = &["bot", "health"];
/// Programs that run beside ours.
const RUN: &[&str] = &["echo", "head", "base64"];
/// Labels of blocks that hold no commands.
const NO_COMMANDS: &[&str] = &["text", "ini", "toml", "yaml", "json", "rust", "python"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The documents that people read, relative to the root.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["", "docs"] {
        for entry in fs::read_dir(root().join(folder)).expect("readable") {
            let name = PathBuf::from(entry.expect("an entry").file_name());
            if name.extension().is_some_and(|end| end == "md") {
                found.push(Path::new(folder).join(name));
            }
        }
    }
    found.sort();
    assert!(found.len() > 10, "the documents were not found");
    found
}

/// A command of a document, with the output that stands below it.
struct Example {
    command: String,
    output: Vec<String>,
}

/// The commands of a document, in order.
fn examples(document: &Path) -> Vec<Example> {
    let text = read(document);
    let mut examples: Vec<Example> = Vec::new();
    let mut block: Option<(&str, &str)> = None;
    for line in text.lines() {
        let at = |what: &str| format!("{}: {what}: {line}", document.display());
        match (block, line.trim_start().strip_prefix("```")) {
            (None, Some(label)) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                let known = ["sh", "console"].contains(&label) || NO_COMMANDS.contains(&label);
                assert!(known, "{}", at("a block must say whether it holds commands"));
                block = Some((label, indent));
            }
            (Some(_), Some(_)) => block = None,
            (Some((label, indent)), None) => {
                let line = line.strip_prefix(indent).unwrap_or(line);
                let command = match label {
                    "sh" => Some(line).filter(|line| !line.is_empty() && !line.starts_with('#')),
                    "console" => line.strip_prefix("$ "),
                    _ => continue,
                };
                match (command, examples.last_mut()) {
                    (Some(command), _) => {
                        examples.push(Example { command: command.to_owned(), output: Vec::new() })
                    }
                    (None, Some(last)) if label == "console" => last.output.push(line.to_owned()),
                    (None, _) => {}
                }
            }
            (None, None) => {}
        }
    }
    assert!(block.is_none(), "{}: a block is not closed", document.display());
    examples
}

/// One program with its words, without what stands before it.
#[derive(Debug)]
struct Piece {
    words: Vec<String>,
    /// Whether root is asked for.
    sudo: bool,
}

impl Piece {
    fn program(&self) -> &str {
        match self.words[0].as_str() {
            "./target/release/glyffuse" => "glyffuse",
            other => other,
        }
    }
}

/// The programs of a command line.
fn pieces(command: &str) -> Vec<Piece> {
    let words = shlex::split(command).unwrap_or_else(|| panic!("quotes are open: {command}"));
    let programs = words.split(|word| ["|", "&&"].contains(&word.as_str()));
    programs
        .map(|words| {
            let is_before = |word: &String| {
                ["sudo", "env"].contains(&word.as_str())
                    || word.split_once('=').is_some_and(|(name, _)| {
                        name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
                    })
            };
            let before = words.iter().take_while(|word| is_before(word)).count();
            let end = words
                .iter()
                .position(|word| [">", "<"].contains(&word.as_str()))
                .unwrap_or(words.len());
            let sudo = words[..before].iter().any(|word| word == "sudo");
            assert!(before < end, "no program in {command}");
            Piece { words: words[before..end].to_vec(), sudo }
        })
        .collect()
}

/// Whether a command can run here, without root, network and engine.
fn runs_here(pieces: &[Piece]) -> bool {
    pieces.iter().all(|piece| {
        let says = |word: &str| piece.words.iter().any(|given| given == word);
        let ours = piece.program() == "glyffuse"
            && !piece.words.get(1).is_some_and(|name| NOT_RUN_OURS.contains(&name.as_str()))
            && !says("cuda")
            && (!says("setup") || says("--non-interactive"))
            && (!says("install-service") || says("--dry-run"));
        !piece.sudo && (ours || RUN.contains(&piece.program()))
    })
}

/// Fails unless all that a program's words name is there.
fn check(piece: &Piece, command: &str) {
    let words: Vec<&str> = piece.words.iter().map(String::as_str).collect();
    let after = |option: &str| words.iter().position(|w| *w == option).map(|at| words[at + 1]);
    let there = |path: &str| assert!(root().join(path).exists(), "{command}: there is no {path}");
    match piece.program() {
        "glyffuse" => check_ours(&words, command),
        "cargo" => {
            let known = ["run", "build", "test", "bench", "clippy", "fmt", "doc", "deny", "fuzz"];
            assert!(known.contains(&words[1]), "{command}");
            if let Some(name) = after("--test") {
                let file = format!("tests/{name}.rs");
                there(if root().join(&file).exists() { &file } else { "tests/bot/main.rs" });
            }
            after("--bench").iter().for_each(|name| there(&format!("benches/{name}.rs")));
            after("--example").iter().for_each(|name| there(&format!("examples/{name}.rs")));
            if let Some(features) = after("--features") {
                for feature in features.split(',') {
                    assert!(read("Cargo.toml").contains(&format!("\n{feature} = [")), "{command}");
                }
            }
            let ours = words.iter().position(|word| *word == "--").map(|at| &words[at + 1..]);
            if words[1] == "run" && after("--example").is_none() {
                let ours = ours.unwrap_or_else(|| panic!("{command} says nothing to the program"));
                check_ours(&[&["glyffuse"], ours].concat(), command);
            }
        }
        "docker" => {
            assert_eq!(words[1], "compose", "{command}");
            there("compose.yaml");
            let files = words.windows(2).filter(|pair| pair[0] == "-f").map(|pair| pair[1]);
            files.for_each(there);
            let service = words.iter().position(|word| *word == "glyffuse");
            let inside = service.map(|at| &words[at + 1..]).unwrap_or_default();
            if words.contains(&"exec") {
                check_ours(inside, command);
            } else if words.contains(&"run") {
                check_ours(&[&["glyffuse"], inside].concat(), command);
            }
        }
        "python" | "python3" if words[1] == "-m" => {
            assert!(read("training/glyffuse_training/__main__.py").contains(words[3]), "{command}");
        }
        "python" | "python3" => there(words[1]),
        "systemctl" | "journalctl" => assert!(words.contains(&"glyffuse"), "{command}"),
        program if program.starts_with(".ci/") => there(program),
        program => assert!(
            NOT_RUN.contains(&program) || RUN.contains(&program),
            "{command}: {program} is not known here; say how its commands are to be checked"
        ),
    }
}

/// Fails unless the program takes these words.
fn check_ours(words: &[&str], command: &str) {
    if let Err(error) = Cli::try_parse_from(words) {
        panic!("{command}: the program does not take this: {error}");
    }
}

/// Stands in for Discord: knows every token. Its address.
fn discord() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                request.push(byte[0]);
            }
            let body = r#"{"id": "1100000000000000001", "name": "glyffuse", "icon": null,
                "description": "", "bot_public": true, "bot_require_code_grant": false,
                "verify_key": "00", "team": null, "flags": 0}"#;
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    format!("http://{address}")
}

/// Runs a command in a folder, with the program on the path; what it said, stderr first.
fn run(command: &str, folder: &Path, discord: &str) -> Vec<String> {
    let programs = folder.join(".programs");
    fs::create_dir_all(&programs).expect("made");
    let program = programs.join("glyffuse");
    if !program.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_glyffuse"), &program).expect("linked");
    }
    let folders = directories::ProjectDirs::from("", "", "glyffuse").expect("a home");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    shell.args([
        "-ec",
        &command.replace("./target/release/", "").replace("TOKEN=…", "TOKEN=$TOKEN"),
    ]);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["GLYFFUSE", "XDG_", "DISCORD"].iter().any(|start| name.starts_with(start)) {
            shell.env_remove(name);
        }
    }
    let output = shell
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("HOME", folder)
        .env("TOKEN", TOKEN)
        .env("GLYFFUSE__RUNTIME__CACHE_FOLDER", folders.cache_dir())
        .env("GLYFFUSE__DISCORD__API_BASE", discord)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command}: {said}");
    said.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Whether two outputs are the same but for one character in twenty: other processors round otherwise.
fn alike(said: &[String], output: &[String]) -> bool {
    let differing = |(one, other): (&String, &String)| {
        let length = one.chars().count().max(other.chars().count());
        let padded = |line: &str| -> Vec<char> {
            line.chars().chain(std::iter::repeat(' ')).take(length).collect()
        };
        padded(one).iter().zip(padded(other)).filter(|(a, b)| **a != *b).count()
    };
    let inked = output.iter().flat_map(|line| line.chars()).filter(|c| *c != ' ').count();
    let changed: usize = said.iter().zip(output).map(differing).sum();
    said.len() == output.len() && 20 * changed <= inked
}

/// Runs or checks every command of a document.
fn is_true(document: &Path) -> usize {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let discord = discord();
    let mut run_here = 0;
    for Example { command, output } in examples(document) {
        let pieces = pieces(&command);
        pieces.iter().for_each(|piece| check(piece, &command));
        if !runs_here(&pieces) {
            continue;
        }
        run_here += 1;
        let said = run(&command, folder.path(), &discord);
        assert!(
            output.is_empty() || alike(&said, &output),
            "{}: {command} prints something else now; run `python docs/refresh.py`:\n{}",
            document.display(),
            said.join("\n")
        );
    }
    run_here
}

#[test]
fn the_readme_is_true() {
    assert!(is_true(Path::new("README.md")) >= 3);
}

#[test]
fn how_it_works_is_true() {
    assert!(is_true(Path::new("docs/how-it-works.md")) >= 3);
}

#[test]
fn the_pages_of_commands_and_hosting_are_true() {
    assert!(is_true(Path::new("docs/commands.md")) >= 14);
    assert!(is_true(Path::new("docs/self-hosting.md")) >= 5);
}

#[test]
fn all_other_documents_are_true() {
    let elsewhere =
        ["README.md", "docs/how-it-works.md", "docs/commands.md", "docs/self-hosting.md"];
    let others = documents();
    let others = others.iter().filter(|path| !elsewhere.iter().any(|name| path.ends_with(name)));
    for document in others {
        is_true(document);
    }
}

/// The text below the heading that holds a phrase, up to the next heading.
fn section(document: &str, phrase: &str) -> String {
    let mut lines =
        document.lines().skip_while(|line| !(is_heading(line) && line.contains(phrase)));
    let heading = lines.next().unwrap_or_else(|| panic!("there is no section {phrase}"));
    let lines = lines.take_while(|line| !is_heading(line));
    [heading].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

fn is_heading(line: &str) -> bool {
    line.starts_with("## ") || line.starts_with("### ")
}

#[test]
fn every_command_and_option_is_explained() {
    let document = read("docs/commands.md");
    let program = Cli::command();
    for command in program.get_subcommands() {
        let name = command.get_name();
        let section = section(&document, &format!("`glyffuse {name}`"));
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let Some(option) = argument.get_long() else { continue };
            assert!(
                section.contains(&format!("`--{option}`"))
                    || section.contains(&format!("`--{option} ")),
                "{name}: --{option} is not explained"
            );
        }
    }
    let names: BTreeSet<_> = program.get_subcommands().map(clap::Command::get_name).collect();
    let headings = document.lines().filter(|line| line.starts_with("### "));
    for word in headings.flat_map(|line| line.split('`').skip(1).step_by(2)) {
        let Some(name) = word.strip_prefix("glyffuse ") else { continue };
        assert!(names.contains(name), "there is no command {name}");
    }
}

#[test]
fn every_setting_is_explained_with_its_default() {
    let defaults: toml::Table = read("config/default.toml").parse().expect("TOML");
    let mut expected = Vec::new();
    for (section, settings) in &defaults {
        for (key, value) in settings.as_table().expect("a section") {
            expected.push((format!("{section}.{key}"), value.to_string()));
        }
    }
    let document = read("docs/settings.md");
    let mut found = Vec::new();
    for row in document.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        if let [setting, default, purpose] = cells[..] {
            assert!(purpose.len() > 10, "{setting} is not explained");
            found.push((setting.replace('`', ""), default.trim_matches('`').to_owned()));
        }
    }
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

/// All sources of the program in one text, without the breaks in their string literals.
fn sources() -> String {
    fn collect(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, text);
            } else if path.extension().is_some_and(|end| end == "rs") {
                text.push_str(&fs::read_to_string(&path).expect("readable"));
            }
        }
    }
    let mut text = String::new();
    collect(&root().join("src"), &mut text);
    text.split("\\\n").map(str::trim_start).collect()
}

#[test]
fn quoted_messages_are_the_programs() {
    let sources = sources();
    let document = read("docs/troubleshooting.md");
    let rows = document.lines().filter(|line| line.starts_with("| "));
    let symptoms = rows.filter_map(|row| row.split(" | ").next());
    let quoted: Vec<_> = symptoms
        .flat_map(|cell| cell.split('“').skip(1))
        .filter_map(|rest| rest.split_once('”').map(|(message, _)| message))
        .collect();
    assert!(quoted.len() > 20, "the messages were not found");
    for message in quoted {
        assert!(sources.contains(message), "the program does not say “{message}”");
    }
}

#[test]
fn files_that_are_named_are_there() {
    let folders = [
        "src/",
        "tests/",
        "docs/",
        "config/",
        "deploy/",
        "training/",
        "examples/",
        ".ci/",
        "fuzz/",
        "migrations/",
    ];
    let mut seen = 0;
    for document in documents() {
        for word in read(&document).split('`').skip(1).step_by(2) {
            let is_path = folders.iter().any(|folder| word.starts_with(folder))
                && !word.contains([' ', '<', '*', '\n']);
            if is_path {
                seen += 1;
                let path = root().join(word);
                assert!(path.exists(), "{}: there is no {word}", document.display());
            }
        }
    }
    assert!(seen > 30, "the files were not found");
}
