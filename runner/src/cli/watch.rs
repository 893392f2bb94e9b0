//! Progress, for a person who waits: a bar on a terminal, one line a stage elsewhere.

use indicatif::{ProgressBar, ProgressStyle as BarStyle};

use super::arguments::ProgressStyle;
use super::screen::Screen;
use crate::dispatch::Progress;

/// Shows how a run goes on.
pub(super) enum Watch<'a> {
    Bar(ProgressBar),
    Lines(&'a Screen),
    Nothing,
}

impl<'a> Watch<'a> {
    pub(super) fn new(style: ProgressStyle, screen: &'a Screen) -> Self {
        match (style, screen.is_watched()) {
            (ProgressStyle::Auto, true) => {
                let bar = ProgressBar::new(0);
                let form = BarStyle::with_template("{msg:16} {wide_bar} {pos}/{len}  {elapsed}");
                bar.set_style(form.expect("the template is a constant").progress_chars("=> "));
                Self::Bar(bar)
            }
            (ProgressStyle::Auto, false) | (ProgressStyle::Plain, _) => Self::Lines(screen),
            (ProgressStyle::None, _) => Self::Nothing,
        }
    }

    pub(super) fn show(&self, progress: Progress) {
        match (self, progress) {
            (Self::Bar(bar), Progress::Begins(stage, steps)) => {
                bar.reset();
                bar.set_length(steps as u64);
                bar.set_message(stage.to_string());
            }
            (Self::Bar(bar), Progress::Done(_, steps)) => bar.inc(steps as u64),
            (Self::Lines(screen), Progress::Begins(stage, steps)) if steps > 0 => {
                screen.say(&format!("{stage}: {steps}"));
            }
            (Self::Lines(_), _) | (Self::Nothing, _) => {}
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
