//! What others wrote, made fit for a line of ours.

/// Most characters that are kept.
const LONGEST: usize = 400;

/// A message that may quote what somebody wrote, as one line: what controls a terminal, breaks the
/// line or turns its direction becomes a space, and a long one is cut.
pub fn plain(message: &str) -> String {
    let shown = |c: char| if c.is_control() || super::prompt::is_invisible(c) { ' ' } else { c };
    let spaced: String = message.chars().map(shown).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_in_its_line() {
        assert_eq!(plain("at line 1\n  |\n1 | \u{1b}[2J\u{202E}x"), "at line 1 | 1 | [2J x");
        assert_eq!(plain(&"猫".repeat(900)).chars().count(), LONGEST + 1);
        assert_eq!(plain(&plain("a  b")), "a b");
    }
}
