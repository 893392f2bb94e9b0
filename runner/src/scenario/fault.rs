//! Mistakes with their places, drawn against the file's own text. The one file that knows which library draws them.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use textwrap::{WordSeparator, WordSplitter};

use super::mistake::Mistake;
use super::source::{Source, Span};

/// One mistake, the places it points at, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Boxed, so that a fault is small enough to be an error.
    mistake: Box<Mistake>,
    places: Vec<(Span, Option<String>)>,
    help: Option<String>,
}

impl Fault {
    /// A mistake at a place.
    pub(super) fn at(span: Span, mistake: Mistake) -> Self {
        Self { mistake: Box::new(mistake), places: vec![(span, None)], help: None }
    }

    /// A mistake that has no place in the file.
    pub(super) fn nowhere(mistake: Mistake) -> Self {
        Self { mistake: Box::new(mistake), places: Vec::new(), help: None }
    }

    /// Says what stands at the first place.
    pub(super) fn label(mut self, text: impl Into<String>) -> Self {
        if let Some((_, label)) = self.places.first_mut() {
            *label = Some(text.into());
        }
        self
    }

    /// Points at another place as well.
    pub(super) fn and(mut self, span: Span, text: impl Into<String>) -> Self {
        self.places.push((span, Some(text.into())));
        self
    }

    /// Says what to do next.
    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    fn start(&self) -> usize {
        self.places.first().map_or(usize::MAX, |(span, _)| span.start)
    }
}

/// Why a scenario cannot be used. Every mistake of the file is in it.
#[derive(Debug)]
pub enum LoadError {
    /// The file cannot be read.
    Unreadable {
        /// Its path.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file is larger than any scenario.
    TooLarge {
        /// Its path.
        path: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file is not UTF-8.
    NotText {
        /// Its path.
        path: String,
        /// The first byte that is not.
        at: usize,
    },
    /// The file has mistakes.
    Mistakes(Mistakes),
}

/// The mistakes of one file, in the order of the file.
#[derive(Debug)]
pub struct Mistakes {
    path: String,
    reports: Vec<Report>,
}

impl Mistakes {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.reports.len()
    }

    /// What each says, without its place.
    pub fn messages(&self) -> impl Iterator<Item = String> + '_ {
        self.reports.iter().map(|report| report.fault.mistake.to_string())
    }
}

impl LoadError {
    /// The faults of one source as one error, in the order of the text. What is wrong behind an anchor is said once,
    /// however often it is used.
    pub(super) fn mistakes(source: Source, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(Fault::start);
        let mut said: Vec<Fault> = Vec::new();
        for fault in faults {
            let mut beside = said.iter().rev().take_while(|known| known.start() == fault.start());
            if !beside.any(|known| *known == fault) {
                said.push(fault);
            }
        }
        let text = Arc::new(NamedSource::new(&source.path, source.text));
        let report = |fault| Report { fault, text: Arc::clone(&text) };
        let reports = said.into_iter().map(report).collect();
        Self::Mistakes(Mistakes { path: source.path, reports })
    }

    /// The error as a terminal without colours shows it, at most `width` columns wide.
    #[must_use]
    pub fn render(&self, width: usize) -> String {
        self.draw(width, false)
    }

    /// The error as a terminal shows it, in colour or not, at most `width` columns wide. Of several mistakes, how many they are
    /// comes first, and then each as if it were the only one.
    #[must_use]
    pub fn draw(&self, width: usize, color: bool) -> String {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        // A setting or a path that is cut in two can neither be read nor copied.
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_links(false)
            .with_break_words(false)
            .with_word_separator(WordSeparator::AsciiSpace)
            .with_word_splitter(WordSplitter::NoHyphenation);
        let draw = |diagnostic: &dyn Diagnostic| {
            let mut text = String::new();
            match handler.render_report(&mut text, diagnostic) {
                Ok(()) => text,
                // Drawing into a string cannot fail but for a place outside the text; the words still say what is wrong.
                Err(_) => format!("{diagnostic}\n"),
            }
        };
        match self {
            Self::Mistakes(Mistakes { reports, .. }) if reports.len() > 1 => {
                let each = reports.iter().map(|report| format!("\n{}", draw(report)));
                format!("{self}\n{}", each.collect::<String>())
            }
            _ => draw(self),
        }
    }

    /// The one mistake, where there is only one: it is then shown by itself.
    fn only(&self) -> Option<&Report> {
        match self {
            Self::Mistakes(Mistakes { reports, .. }) => match reports.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, .. } => write!(f, "the file cannot be read: `{path}`"),
            Self::TooLarge { path, limit } => {
                write!(f, "the file is larger than {limit} bytes: `{path}`")
            }
            Self::NotText { path, at } => write!(f, "the file is not UTF-8 from byte {at} on: `{path}`"),
            Self::Mistakes(mistakes) => match mistakes.reports.as_slice() {
                [only] => only.fmt(f),
                all => write!(f, "{} mistakes in `{}`", all.len(), mistakes.path),
            },
        }
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl Diagnostic for LoadError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Unreadable { .. } => Some(Box::new("give the path of a file that this user may read")),
            Self::TooLarge { .. } => Some(Box::new("is this the right file? otherwise split the scenario")),
            Self::NotText { .. } => Some(Box::new("save the file as UTF-8")),
            Self::Mistakes(_) => self.only()?.help(),
        }
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.only()?.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.only()?.labels()
    }
}

/// One fault beside the text it is in.
struct Report {
    fault: Fault,
    text: Arc<NamedSource<Arc<str>>>,
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.mistake.fmt(f)
    }
}

impl Error for Report {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.mistake.source()
    }
}

impl Diagnostic for Report {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.fault.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.fault.places.is_empty()).then_some(&self.text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.fault.places.is_empty() {
            return None;
        }
        let labelled = |(place, (span, label)): (usize, &(Span, Option<String>))| match place {
            0 => LabeledSpan::new_primary_with_span(label.clone(), span.clone()),
            _ => LabeledSpan::new_with_span(label.clone(), span.clone()),
        };
        Some(Box::new(self.fault.places.iter().enumerate().map(labelled)))
    }
}
