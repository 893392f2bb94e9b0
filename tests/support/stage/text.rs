//! The text of a case's scenario, out of its parts. Placeholders stay in it.

/// The parts of the scenario's text, each as YAML.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub(super) whole: Option<String>,
    pub(super) zones: String,
    pub(super) top: String,
    pub(super) vm: String,
    pub(super) app: String,
    pub(super) internet: String,
    pub(super) beacon: String,
    pub(super) agents: String,
    pub(super) site: String,
    pub(super) targets: String,
    /// What the two rules are about.
    pub(super) to: &'static str,
    pub(super) allow: String,
    pub(super) deny: String,
    pub(super) rules: String,
}

impl Parts {
    /// The scenario, its placeholders still in it.
    pub(super) fn text(&self) -> String {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let (zones, zone) = match self.zones.as_str() {
            "" => (String::new(), ""),
            zones => (format!("zones: {{ {zones} }}\n"), "zone: vm, "),
        };
        let app = if self.app.is_empty() { "\"http://<app>\"" } else { &self.app };
        let app = match self.site.as_str() {
            "" => String::new(),
            site => format!("  app: {{ control: {app}, endpoints: {{ site: {site} }} }}\n"),
        };
        let internet = match self.internet.as_str() {
            "" => self.beacon.clone(),
            keys => format!(", {keys}"),
        };
        let targets = match self.targets.as_str() {
            "" => String::new(),
            targets => format!("targets:\n{targets}"),
        };
        let Parts { top, vm, agents, rules, to, allow, deny, .. } = self;
        format!(
            "name: case\n{zones}{top}agents:\n  vm: {{ {zone}control: \"http://<vm>\"{vm} }}\n{app}\
             \x20 internet: {{ control: local{internet} }}\n{agents}{targets}rules:\n\
             \x20 - {{ name: the VM reaches it, from: vm, to: {to}, expect: allow{allow} }}\n\
             \x20 - {{ name: the internet does not, from: internet, to: {to}, expect: deny{deny} }}\n\
             {rules}otherwise: untested\n"
        )
    }
}
