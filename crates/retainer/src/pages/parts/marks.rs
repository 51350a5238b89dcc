//! Small marks: dots for states, tags for words, line icons.

use maud::{Markup, html};

/// How far along something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dot {
    /// Nobody has begun: it needs somebody.
    New,
    /// It is being worked on, or runs.
    Open,
    /// It waits for somebody else.
    Waiting,
    /// Done, paid, sent.
    Done,
    /// Rejected, cancelled, put away.
    Off,
    /// It failed.
    Failed,
}

/// A state: a dot and its word.
pub fn dot(dot: Dot, word: &str) -> Markup {
    let class = match dot {
        Dot::New => "dot new",
        Dot::Open => "dot open",
        Dot::Waiting => "dot waiting",
        Dot::Done => "dot done",
        Dot::Off => "dot off",
        Dot::Failed => "dot failed",
    };
    html! { span.state { span class=(class) {} (word) } }
}

/// What a tag wants to say beyond its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing.
    Plain,
    /// All is well.
    Good,
    /// It needs somebody.
    Amber,
    /// Failure or destruction.
    Red,
}

/// A word in a pill.
pub fn tag(tone: Tone, word: &str) -> Markup {
    let class = match tone {
        Tone::Plain => "tag",
        Tone::Good => "tag good",
        Tone::Amber => "tag amber",
        Tone::Red => "tag red",
    };
    html! { span class=(class) { (word) } }
}

/// A line icon of the sprite, by its name in `pages/icons.rs`. Words beside it must say the same.
pub fn icon(name: &str) -> Markup {
    html! { svg.icon aria-hidden="true" width="16" height="16" { use href={ "#icon-" (name) } {} } }
}
