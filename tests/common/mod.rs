//! Runs the program as a person would, with the tiny model of `tests/data`.
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The tiny model: four shapes, made by tests/data/make_tiny.py.
pub fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny")
}

/// The program with a clean environment of its own settings.
pub fn glyffuse() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glyffuse"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GLYFFUSE") {
            command.env_remove(name);
        }
    }
    // A file that is empty, so that nobody's own settings matter.
    command.env(
        "GLYFFUSE_CONFIG",
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/empty.toml"),
    );
    command.env("GLYFFUSE__RUNTIME__THREADS", "1");
    command.stdin(Stdio::null());
    command
}

/// The program with the tiny model.
pub fn tiny_glyffuse(arguments: &[&str]) -> Command {
    let mut command = glyffuse();
    command.arg("--model").arg(tiny()).args(arguments);
    command
}

/// Runs to the end; stdout as text.
pub fn stdout(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{}", stderr_of(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs to the end.
pub fn run(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

/// What was said on stderr.
pub fn stderr_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
