//! Progress, for a person who waits: on a terminal how far the edges of each vantage are, one line a stage where plain lines
//! are asked for, and nothing elsewhere.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle as BarStyle};

use super::arguments::ProgressStyle;
use super::course::Course;
use super::screen::Screen;
use crate::dispatch::Progress;
use crate::plan::Plan;
use crate::scenario::{AgentIndex, Scenario};

/// The most vantages that have a bar each; of more, only the whole is shown.
const BARS_MAX: usize = 12;

/// How often what is shown is drawn again, whether or not anything has happened.
const TICK: Duration = Duration::from_millis(100);

/// Shows how a run goes on.
pub(super) enum Watch<'a> {
    Bars(Box<Bars>),
    Lines(&'a Screen),
    Nothing,
}

/// A line on the whole run, and a bar for each vantage.
pub(super) struct Bars {
    course: Arc<Mutex<Course>>,
    head: ProgressBar,
    vantages: Vec<(AgentIndex, ProgressBar)>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(style: ProgressStyle, screen: &'a Screen, run: (&Scenario, &Plan)) -> Self {
        match (style, screen.is_watched()) {
            (ProgressStyle::Auto, true) => Self::Bars(Box::new(Bars::of(run))),
            (ProgressStyle::Plain, _) => Self::Lines(screen),
            (ProgressStyle::Auto, false) | (ProgressStyle::None, _) => Self::Nothing,
        }
    }

    pub(super) fn show(&self, progress: Progress) {
        match (self, progress) {
            (Self::Bars(bars), progress) => bars.show(progress),
            (Self::Lines(screen), Progress::Begins(stage, steps)) if steps > 0 => {
                screen.say(&format!("{stage}: {steps}"));
            }
            (Self::Lines(_) | Self::Nothing, _) => {}
        }
    }
}

impl Bars {
    fn of((scenario, plan): (&Scenario, &Plan)) -> Self {
        let course = Course::new(plan.edges.iter().map(|edge| edge.vantage), Instant::now());
        let lanes = course.lanes();
        let shown = if lanes.len() > BARS_MAX { Vec::new() } else { lanes };
        let course = Arc::new(Mutex::new(course));
        let all = MultiProgress::new();
        let head = all.add(ProgressBar::new_spinner());
        head.set_style(head_style(Arc::clone(&course)));
        let name = |vantage: AgentIndex| scenario.agent(vantage).name.as_str();
        let widest = shown.iter().map(|(vantage, _)| name(*vantage).len()).max().unwrap_or(0);
        let bar = |(vantage, edges): (AgentIndex, usize)| {
            let bar = all.add(ProgressBar::new(edges as u64));
            let form = BarStyle::with_template("  {prefix} [{bar:24}] {pos}/{len}{msg}");
            bar.set_style(form.expect("the template is a constant").progress_chars("=> "));
            bar.set_prefix(format!("{:widest$}", name(vantage)));
            bar.tick();
            (vantage, bar)
        };
        let vantages = shown.into_iter().map(bar).collect();
        head.enable_steady_tick(TICK);
        Self { course, head, vantages }
    }

    fn show(&self, progress: Progress) {
        let lane = self.hear(progress);
        let Progress::Edge(vantage, _) = progress else { return };
        let shown = self.vantages.iter().find(|(shown, _)| *shown == vantage);
        if let (Some((_, bar)), Some((done, told))) = (shown, lane) {
            bar.set_message(told);
            bar.set_position(done as u64);
        }
    }

    /// Hears of it, and says how far its vantage is. Nobody may hold the course while a bar is drawn: to draw one takes it.
    fn hear(&self, progress: Progress) -> Option<(usize, String)> {
        let mut course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        course.hear(progress, Instant::now());
        match progress {
            Progress::Edge(vantage, _) => course.lane(vantage),
            Progress::Begins(..) | Progress::Done(..) => None,
        }
    }
}

/// The line on the whole run is made anew whenever it is drawn, so that its clock never stands still.
fn head_style(course: Arc<Mutex<Course>>) -> BarStyle {
    let form = BarStyle::with_template("{spinner} {course}").expect("the template is a constant");
    form.with_key("course", move |_: &ProgressState, line: &mut dyn std::fmt::Write| {
        let course = course.lock().unwrap_or_else(PoisonError::into_inner);
        // A bar that cannot be drawn is no reason to end a run.
        let _written = line.write_str(&course.head(Instant::now()));
    })
}

impl Drop for Bars {
    fn drop(&mut self) {
        for (_, bar) in &self.vantages {
            bar.finish_and_clear();
        }
        self.head.finish_and_clear();
    }
}
