//! Colours that a text names, the words for them, and text with ANSI codes.
use super::Place;

/// A colour that every terminal has, and a Discord block of the language `ansi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colour {
    /// Also stands for black, which is not seen on dark ground.
    Grey,
    /// Red.
    Red,
    /// Green.
    Green,
    /// Also stands for orange, brown and gold.
    Yellow,
    /// Blue.
    Blue,
    /// Also stands for purple and violet.
    Pink,
    /// Cyan.
    Cyan,
    /// Also stands for silver.
    White,
}

/// Words for colours in English, Spanish, French, Portuguese and Italian; an -s behind them is no
/// other word.
const WORDS: [(Colour, &str); 8] = [
    (
        Colour::Grey,
        "grey gray black gris grises grise negro negra noir noire preto preta cinza cinzento \
         cinzenta grigio grigia grigi grigie nero nera neri nere",
    ),
    (
        Colour::Red,
        "red crimson scarlet maroon rojo roja rouge vermelho vermelha rosso rossa rossi rosse",
    ),
    (Colour::Green, "green verde vert verte verdi"),
    (
        Colour::Yellow,
        "yellow orange brown gold golden beige amarillo amarilla naranja marrón marrones dorado \
         dorada jaune marron brun brune doré dorée amarelo amarela laranja marrom dourado dourada \
         giallo gialla gialli gialle arancione arancioni dorati dorate",
    ),
    (Colour::Blue, "blue navy azul azules azuis bleu bleue blu azzurro azzurra azzurri azzurre"),
    (
        Colour::Pink,
        "pink magenta fuchsia purple violet rosa morado morada violeta lila rose violette roxo roxa \
         viola",
    ),
    (Colour::Cyan, "cyan turquoise teal aqua turquesa celeste ciano turchese"),
    (
        Colour::White,
        "white silver blanco blanca plateado plateada blanc blanche argenté argentée branco branca \
         prateado prateada bianco bianca bianchi bianche argentato argentata",
    ),
];
/// German words, which take endings.
const GERMAN: [(Colour, &str); 8] = [
    (Colour::Grey, "grau schwarz"),
    (Colour::Red, "rot"),
    (Colour::Green, "grün"),
    (Colour::Yellow, "gelb braun golden orange"),
    (Colour::Blue, "blau"),
    (Colour::Pink, "violett pink"),
    (Colour::Cyan, "türkis"),
    (Colour::White, "weiß weiss silbern"),
];
/// What may stand behind a German word.
const ENDINGS: [&str; 6] = ["", "e", "er", "es", "en", "em"];

impl Colour {
    /// The colour that a word, in lower case, names.
    pub fn named(word: &str) -> Option<Self> {
        let listed = |words: &[(Self, &str)], wanted: &str| {
            let found = words.iter().find(|(_, names)| names.split(' ').any(|name| name == wanted));
            found.map(|(colour, _)| *colour)
        };
        let singular = || listed(&WORDS, word.strip_suffix('s')?);
        let german =
            || ENDINGS.iter().find_map(|ending| listed(&GERMAN, word.strip_suffix(ending)?));
        listed(&WORDS, word).or_else(singular).or_else(german)
    }

    /// The number of its ANSI code, 30 to 37.
    pub const fn code(self) -> u8 {
        30 + self as u8
    }
}

/// The colour of a part of a drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tint {
    /// Where the part's ink is.
    pub place: Place,
    /// Its colour, where the text names one.
    pub colour: Option<Colour>,
}

/// Text with one ANSI code before every run of equally coloured characters, and one at the end that
/// takes the colour back. Blank characters belong to any run, and none are left at the ends of lines.
/// `code` gives the number of a colour's code.
pub fn paint(
    characters: impl IntoIterator<Item = (char, Option<Colour>)>,
    code: impl Fn(Colour) -> u8,
) -> String {
    let (mut text, mut blank, mut now) = (String::new(), String::new(), None);
    for (character, colour) in characters {
        match character {
            ' ' | '\u{2800}' => blank.push(character),
            '\n' => {
                blank.clear();
                text.push('\n');
            }
            _ => {
                text.push_str(&blank);
                blank.clear();
                if colour != now {
                    text.push_str(&format!("\u{1b}[{}m", colour.map_or(0, &code)));
                    now = colour;
                }
                text.push(character);
            }
        }
    }
    if now.is_some() {
        text.push_str("\u{1b}[0m");
    }
    text
}

/// Text without the codes that [`paint`] wrote.
pub fn unpaint(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_six_languages_name_colours() {
        for (colour, words) in [
            (Colour::Grey, "grey gray black noirs negras schwarze nera"),
            (Colour::Red, "red reds rojas rouges rote roter rotes vermelhos rossa"),
            (Colour::Green, "green verdes vertes grünen"),
            (Colour::Yellow, "yellow orange brown goldene gelber jaunes laranja giallo"),
            (Colour::Blue, "blue azules bleus blaues blu"),
            (Colour::Pink, "pink purple violet lila rosa violetten roses"),
            (Colour::Cyan, "cyan turquoise türkis"),
            (Colour::White, "white silver blanches weiß weißer brancos bianchi"),
        ] {
            for word in words.split(' ') {
                assert_eq!(Colour::named(word), Some(colour), "{word}");
            }
        }
        for word in ["", "s", "cat", "redes", "rotation", "e", "greenhouse", "blackbird"] {
            assert_eq!(Colour::named(word), None, "{word}");
        }
        assert_eq!((Colour::Grey.code(), Colour::White.code()), (30, 37));
    }

    #[test]
    fn every_run_has_one_code_and_the_last_is_taken_back() {
        let (red, blue) = (Some(Colour::Red), Some(Colour::Blue));
        let cells = |text: &str, colour| text.chars().map(move |c| (c, colour)).collect::<Vec<_>>();
        let painted = |parts: &[(&str, Option<Colour>)]| {
            let characters = parts.iter().flat_map(|(text, colour)| cells(text, *colour));
            paint(characters, Colour::code)
        };
        assert_eq!(painted(&[(" / \\ \n |", red)]), " \u{1b}[31m/ \\\n |\u{1b}[0m");
        assert_eq!(painted(&[("a", red), ("  ", None), ("b", red)]), "\u{1b}[31ma  b\u{1b}[0m");
        let two = painted(&[("a", red), (" b", blue), ("c", None), (" \n\n", None)]);
        assert_eq!(two, "\u{1b}[31ma \u{1b}[34mb\u{1b}[0mc\n\n");
        assert_eq!(unpaint(&two), "a bc\n\n");
        assert_eq!(painted(&[(" a m[ \u{2800}", None)]), " a m[", "without a colour, no code");
        assert_eq!(unpaint(" a m["), " a m[");
    }
}
