//! Every file of the fuzzers' corpora, and what once was a fault, against the checks of the fuzz targets.
use std::fs;
use std::path::Path;

#[path = "../fuzz/checks.rs"]
#[allow(dead_code)]
mod checks;

#[test]
fn the_corpora_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (target, check) in checks::ALL {
        assert!(root.join(format!("fuzz_targets/{target}.rs")).exists(), "{target} is no target");
        let mut seen = 0;
        for entry in fs::read_dir(root.join("corpus").join(target)).expect("a corpus") {
            let path = entry.expect("an entry").path();
            let bytes = fs::read(&path).expect("readable");
            assert!(bytes.len() <= 8_192, "{} is too large for a corpus", path.display());
            if std::panic::catch_unwind(|| check(&bytes)).is_err() {
                panic!("{} does not hold", path.display());
            }
            seen += 1;
        }
        assert!(seen >= 3, "the corpus of {target} is missing");
    }
}

#[test]
fn whatever_is_cut_or_changed_holds_too() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (target, check) in checks::ALL {
        for entry in fs::read_dir(root.join(target)).expect("a corpus").flatten() {
            let bytes = fs::read(entry.path()).expect("readable");
            // Some cuts and flips of each, always the same.
            for place in (0..bytes.len()).step_by(bytes.len() / 12 + 1) {
                check(&bytes[..place]);
                let mut changed = bytes.clone();
                changed[place] ^= 1 << (place % 8);
                check(&changed);
            }
        }
    }
}
