//! Models, libraries, settings and `doctor`, when they are sound and when they are not.
mod common;

use common::{glyffuse, run, stderr_of, stdout, tiny, tiny_glyffuse};
use std::fs;
use std::path::Path;

/// A copy of the tiny model that a test may damage.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in fs::read_dir(tiny()).expect("the tiny model is there") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, folder.path().join(path.file_name().expect("a name"))).expect("copied");
    }
    folder
}

fn refusal(folder: &Path) -> String {
    let output = run(glyffuse().arg("--model").arg(folder).args(["draw", "ring"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    stderr_of(&output)
}

#[test]
fn a_damaged_file_is_named() {
    for file in ["denoiser.onnx", "phrases.tsv", "tokenizer.json"] {
        let folder = copy();
        let path = folder.path().join(file);
        let mut bytes = fs::read(&path).expect("readable");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).expect("writable");
        let said = refusal(folder.path());
        assert!(said.contains(file) && said.contains("damaged"), "{said}");
        fs::remove_file(&path).expect("removable");
        assert!(refusal(folder.path()).contains(file));
    }
}

#[test]
fn a_manifest_that_makes_no_sense_is_refused() {
    let folder = copy();
    let path = folder.path().join("manifest.toml");
    let sound = fs::read_to_string(&path).expect("readable");
    for (from, to, word) in [
        ("format = 1", "format = 9", "format 9"),
        ("v_prediction", "epsilon", "epsilon"),
        ("shifted_cosine", "linear", "linear"),
        ("map_size = 24", "map_size = 32", "sample"),
        ("kind = \"any\"", "kind = \"oil\"", "oil"),
        ("embedding_size", "embeding_size", "embeding_size"),
        ("\"denoiser.onnx\" =", "\"../denoiser.onnx\" =", "denoiser.onnx"),
    ] {
        assert!(sound.contains(from), "{from}");
        fs::write(&path, sound.replace(from, to)).expect("writable");
        let said = refusal(folder.path());
        assert!(said.contains(word), "{to}: {said}");
    }
}

#[test]
fn a_model_that_is_not_there_is_named() {
    let output = run(glyffuse().args(["--model", "nothing", "draw", "ring"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr_of(&output).contains("\"nothing\""), "{}", stderr_of(&output));
}

#[test]
fn a_library_that_is_not_there_or_is_none_is_named() {
    let missing = run(tiny_glyffuse(&["draw", "ring"]).env("ORT_DYLIB_PATH", "/nowhere/lib.so"));
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr_of(&missing).contains("/nowhere/lib.so"));
    let text = tiny().join("concepts.txt");
    let wrong = run(tiny_glyffuse(&["draw", "ring"]).env("ORT_DYLIB_PATH", &text));
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr_of(&wrong).contains("does not load"), "{}", stderr_of(&wrong));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("glyffuse.toml");
    fs::write(&file, "[runtime]\nthreds = 1\n").expect("writable");
    let output = run(tiny_glyffuse(&["draw", "ring"]).env("GLYFFUSE_CONFIG", &file));
    assert_eq!(output.status.code(), Some(2));
    let said = stderr_of(&output);
    assert!(said.contains("threds") && said.contains("glyffuse.toml"), "{said}");
}

#[test]
fn models_are_listed() {
    let library = tiny().parent().expect("a parent").to_owned();
    let listed = stdout(glyffuse().arg("models").env("GLYFFUSE__MODEL__FOLDERS", &library));
    let line = listed.lines().find(|line| line.contains("tiny@1")).expect("the tiny model");
    assert!(line.contains("MIT OR Apache-2.0") && line.contains("dpm++, 6 steps"), "{line}");
}

#[test]
fn doctor_finds_nothing_wrong_and_finds_what_is() {
    let sound = run(&mut tiny_glyffuse(&["doctor"]));
    let said = String::from_utf8_lossy(&sound.stdout).into_owned();
    assert!(sound.status.success(), "{said}");
    for what in ["settings", "model", "cpu", "library", "drawing"] {
        assert!(
            said.lines().any(|line| line.starts_with("ok") && line.contains(what)),
            "{what}: {said}"
        );
    }
    let folder = copy();
    fs::write(folder.path().join("concepts.txt"), "cat\n").expect("writable");
    let damaged = run(glyffuse().arg("--model").arg(folder.path()).arg("doctor"));
    assert_eq!(damaged.status.code(), Some(1));
    let said = String::from_utf8_lossy(&damaged.stdout).into_owned();
    assert!(
        said.lines().any(|line| line.starts_with("WRONG") && line.contains("concepts.txt")),
        "{said}"
    );
}

#[test]
fn a_provider_that_cannot_be_had_stops_unless_the_cpu_may_step_in() {
    let cache = tempfile::tempdir().expect("a temporary folder");
    let mut strict = tiny_glyffuse(&["--provider", "cuda,cpu", "draw", "ring"]);
    strict.env("GLYFFUSE__RUNTIME__CACHE_FOLDER", cache.path());
    let output = run(&mut strict);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr_of(&output);
    let hint = if cfg!(feature = "cuda") { "doctor --fetch cuda" } else { "--features cuda" };
    assert!(said.contains(hint), "{said}");
    let mut lenient = tiny_glyffuse(&["--provider", "cuda", "draw", "ring"]);
    let output = run(lenient.env("GLYFFUSE__RUNTIME__ALLOW_CPU_FALLBACK", "true"));
    assert!(output.status.success(), "{}", stderr_of(&output));
    assert!(stderr_of(&output).contains("drawing on the CPU"), "{}", stderr_of(&output));
}
