//! Who may import whom: reads every `use crate::…` and every mention of a guarded crate in `src/`
//! and fails on what docs/ARCHITECTURE.md does not allow.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module → modules of ours that it may import (besides itself).
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("diffusion", &["domain"]),
    ("ink", &["domain"]),
    ("model", &["domain"]),
    ("picture", &["domain", "ink"]),
    ("config", &["domain"]),
    ("backend", &["diffusion", "domain", "model"]),
    ("measures", &[]),
    ("engine", &["diffusion", "domain", "ink", "measures", "model"]),
    ("limits", &["domain"]),
    ("cache", &["domain", "measures"]),
    ("store", &["domain", "measures"]),
    ("health", &["measures", "store"]),
    ("service", &["cache", "diffusion", "domain", "engine", "ink", "limits", "measures", "model"]),
    (
        "discord",
        &["config", "domain", "engine", "limits", "measures", "picture", "service", "store"],
    ),
    ("telemetry", &["config"]),
    ("shutdown", &[]),
    (
        "app",
        &[
            "backend", "cache", "config", "discord", "domain", "engine", "health", "limits",
            "measures", "model", "service", "store",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "backend",
            "config",
            "diffusion",
            "domain",
            "health",
            "ink",
            "model",
            "picture",
            "service",
            "store",
            "shutdown",
            "telemetry",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// Crate → modules that may name it.
const GUARDED: &[(&str, &[&str])] = &[
    ("ort", &["backend"]),
    ("config", &["config"]),
    ("anyhow", &["app", "cli", "main"]),
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("toml_edit", &["config"]),
    ("tokenizers", &["model"]),
    ("safetensors", &["model"]),
    ("image", &["picture"]),
    ("resvg", &["picture"]),
    ("indicatif", &["cli"]),
    ("console", &["cli"]),
    ("dialoguer", &["cli"]),
    ("rand_chacha", &["diffusion"]),
    ("zip", &["backend"]),
    ("reqwest", &["discord"]),
    ("serenity", &["discord"]),
    ("sqlx", &["store"]),
    ("chacha20poly1305", &["store"]),
    ("moka", &["cache"]),
    ("dashmap", &["discord", "limits"]),
    ("tracing_subscriber", &["telemetry"]),
    ("secrecy", &["app", "cli", "config", "discord", "store"]),
    ("tokio", &["app", "cli", "discord", "engine", "health", "service", "shutdown"]),
    ("axum", &["health"]),
    ("metrics", &["measures"]),
    ("metrics_exporter_prometheus", &["measures"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src is readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// Top-level module of a file.
fn module(path: &Path, root: &Path) -> String {
    let inside = path.strip_prefix(root).expect("inside src");
    let first =
        inside.components().next().expect("a file").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Code without comments and, since tests may use more, without the test module.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The words that follow `prefix` where it begins a path.
fn paths_after<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let begins = |index: usize| {
        !code[..index].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
    };
    code.match_indices(prefix)
        .filter(|(index, _)| begins(*index))
        .map(|(index, _)| {
            let rest = &code[index + prefix.len()..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

#[test]
fn imports_go_in_one_direction() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 30, "the sources were not found");
    let mut faults = Vec::new();
    for file in files {
        let module = module(&file, &root);
        let may = allowed.get(module.as_str());
        let Some(may) = may else {
            faults.push(format!("{}: the module {module} is in no table", file.display()));
            continue;
        };
        let code = code(&fs::read_to_string(&file).expect("a source is readable"));
        for other in paths_after(&code, "crate::") {
            if other != module && !may.contains(&other) {
                faults.push(format!("{}: {module} may not import {other}", file.display()));
            }
        }
        for (guarded, modules) in GUARDED {
            let named = code.contains(&format!("use {guarded}::"))
                || paths_after(&code, &format!("{guarded}::")).iter().any(|word| !word.is_empty());
            if named && !modules.contains(&module.as_str()) {
                faults
                    .push(format!("{}: {module} may not use the crate {guarded}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_stay_small_and_open_with_their_purpose() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("a source is readable");
        assert!(text.starts_with("//!"), "{} does not open with its purpose", file.display());
        let lines = code(&text).lines().count();
        assert!(lines <= 330, "{} has {lines} lines without its tests", file.display());
    }
}
