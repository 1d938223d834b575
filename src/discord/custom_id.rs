//! What a button or a form stands for: written into its custom id (at most 100 characters), so that
//! it works after a restart.
use crate::store::GalleryView;
use std::fmt;
use std::str::FromStr;

/// An action of a button or of a form that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The next variation of a drawing.
    Again(i64),
    /// A small change of a drawing.
    Vary(i64),
    /// A form with the prompt of a drawing; sent, its text is drawn.
    Edit(i64),
    /// How to draw it again.
    Recipe(i64),
    /// Take the message away; only for this user, and for moderators.
    Delete {
        /// Who asked for the drawing.
        author: u64,
    },
    /// Hang a drawing into the gallery.
    Share(i64),
    /// Turn to a page of the gallery.
    Page {
        /// The order.
        view: GalleryView,
        /// The page, from 0.
        offset: u32,
        /// Who turns the pages.
        viewer: u64,
    },
    /// Vote for an exhibit, or take the vote back.
    Vote(i64),
    /// A form with the prompt of an exhibit; sent, its text is drawn.
    Remix(i64),
    /// Take an exhibit down.
    Remove(i64),
    /// Send what is stored about the one who asks.
    ExportMine,
    /// Ask whether to forget the one who asks.
    DeleteMine,
    /// Forget the one who asks.
    DeleteMineForSure,
}

/// Ends the custom id of a form that somebody opened who brought the bot along.
pub const BROUGHT: &str = ":brought";

const VIEWS: [(GalleryView, &str); 4] = [
    (GalleryView::New, "new"),
    (GalleryView::Top, "top"),
    (GalleryView::Random, "random"),
    (GalleryView::Mine, "mine"),
];

/// The view of a name, `new`, `top`, `random` or `mine`.
pub fn view(name: &str) -> Option<GalleryView> {
    VIEWS.into_iter().find(|(_, known)| *known == name).map(|(view, _)| view)
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Again(id) => write!(f, "1:again:{id}"),
            Self::Vary(id) => write!(f, "1:vary:{id}"),
            Self::Edit(id) => write!(f, "1:edit:{id}"),
            Self::Recipe(id) => write!(f, "1:recipe:{id}"),
            Self::Delete { author } => write!(f, "1:delete:{author}"),
            Self::Share(id) => write!(f, "1:share:{id}"),
            Self::Page { view, offset, viewer } => {
                let name = VIEWS.iter().find(|(known, _)| known == view).map_or("new", |v| v.1);
                write!(f, "1:page:{name}:{offset}:{viewer}")
            }
            Self::Vote(id) => write!(f, "1:vote:{id}"),
            Self::Remix(id) => write!(f, "1:remix:{id}"),
            Self::Remove(id) => write!(f, "1:remove:{id}"),
            Self::ExportMine => f.write_str("1:export"),
            Self::DeleteMine => f.write_str("1:forget"),
            Self::DeleteMineForSure => f.write_str("1:forget!"),
        }
    }
}

impl FromStr for Action {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<_> = text.strip_suffix(BROUGHT).unwrap_or(text).split(':').collect();
        let number = |text: &str| text.parse::<i64>().map_err(|_| ());
        Ok(match parts[..] {
            ["1", "again", id] => Self::Again(number(id)?),
            ["1", "vary", id] => Self::Vary(number(id)?),
            ["1", "edit", id] => Self::Edit(number(id)?),
            ["1", "recipe", id] => Self::Recipe(number(id)?),
            ["1", "delete", author] => Self::Delete { author: author.parse().map_err(|_| ())? },
            ["1", "share", id] => Self::Share(number(id)?),
            ["1", "page", name, offset, viewer] => Self::Page {
                view: view(name).ok_or(())?,
                offset: offset.parse().map_err(|_| ())?,
                viewer: viewer.parse().map_err(|_| ())?,
            },
            ["1", "vote", id] => Self::Vote(number(id)?),
            ["1", "remix", id] => Self::Remix(number(id)?),
            ["1", "remove", id] => Self::Remove(number(id)?),
            ["1", "export"] => Self::ExportMine,
            ["1", "forget"] => Self::DeleteMine,
            ["1", "forget!"] => Self::DeleteMineForSure,
            _ => return Err(()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_survives_its_custom_id() {
        let largest = i64::MAX;
        let mut actions = vec![
            Action::Again(1),
            Action::Vary(2),
            Action::Edit(3),
            Action::Recipe(largest),
            Action::Delete { author: u64::MAX },
            Action::Share(5),
            Action::Vote(6),
            Action::Remix(7),
            Action::Remove(8),
            Action::ExportMine,
            Action::DeleteMine,
            Action::DeleteMineForSure,
        ];
        for (view, _) in VIEWS {
            actions.push(Action::Page { view, offset: u32::MAX, viewer: u64::MAX });
        }
        for action in actions {
            let text = action.to_string();
            assert!(text.len() <= 100);
            assert_eq!(text.parse(), Ok(action));
            assert_eq!(format!("{text}{BROUGHT}").parse(), Ok(action));
        }
    }

    #[test]
    fn what_is_no_custom_id_of_ours_is_refused() {
        for text in
            ["", "again:1", "1:again", "1:again:x", "2:again:1", "1:page:old:0:1", "1:vote:1:2"]
        {
            assert_eq!(text.parse::<Action>(), Err(()), "{text}");
        }
    }
}
