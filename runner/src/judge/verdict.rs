//! Verdicts and the reasons for them. Failing is a judgement; inconclusive is ignorance, and says what is missing.

use ringfence_contract::words;

words! {
    /// What is concluded of an edge.
    Verdict {
        /// The edge is as expected, on evidence.
        Pass = "pass",
        /// The edge is not as expected, on evidence.
        Fail = "fail",
        /// There is not enough evidence to say.
        Inconclusive = "inconclusive",
        /// The edge could not be tried here, and that is nobody's fault.
        Skipped = "skipped",
    }
}

words! {
    /// What makes the evidence for a denial the weaker one. Reports show it.
    Weakness {
        /// That the vantage can send rests on an answer over plain HTTP, or on a bare connection: anybody on the way may have
        /// given it.
        PlainWitness = "plain-witness",
        /// The vantage showed at another port that it can send, and the rule takes that.
        OtherPort = "other-port",
    }
}

words! {
    /// Why that is concluded. Each belongs to one verdict (see [`Reason::verdict`]).
    Reason {
        /// Pass: a sealed answer of the right agent, from the caller's zone; or, of a platform, an answer that is no denial.
        Reached = "reached",
        /// Pass: the platform said that it refused.
        DeniedAttributed = "denied-attributed",
        /// Pass: silence or rejection, with every witness and no receipt.
        DeniedWitnessed = "denied-witnessed",
        /// Fail: a sealed answer of the target came back over an edge that must be closed.
        Leak = "leak",
        /// Fail: the target holds a receipt, or saw the call's connection: it got in, whatever the caller saw.
        LeakOneWay = "leak-one-way",
        /// Fail: something answered: the path is open, only the door behind it is another.
        PathOpen = "path-open",
        /// Fail: another agent answered.
        WrongAgent = "wrong-agent",
        /// Fail: reached, but from an address outside the caller's zone.
        WrongSource = "wrong-source",
        /// Fail: an allowed call was refused, reset, unreachable or unanswered.
        Blocked = "blocked",
        /// Fail: an allowed call got an answer without a seal, or a platform's status that is not among the listed.
        WrongAnswer = "wrong-answer",
        /// Fail: the name of an allowed endpoint has no address for this vantage.
        NameUnresolved = "name-unresolved",
        /// Fail: the certificate or the handshake of an allowed endpoint is bad.
        TlsFailed = "tls-failed",
        /// Fail: reached at first; then most of the calls that measured it got no answer, or from some time on none did.
        LostContact = "lost-contact",
        /// Fail: denied on evidence, but not by the means the rule names.
        WrongMeans = "wrong-means",
        /// Fail: an answer bore the target's seal, and the target's own book knows nothing of the call.
        NotInBook = "not-in-book",
        /// Inconclusive: another instance of the target answered than the one that said hello.
        OtherInstance = "other-instance",
        /// Inconclusive: no allowed vantage reached the endpoint in the run, so its silence may be its death.
        NoTargetWitness = "no-target-witness",
        /// Inconclusive: the endpoint was reached in the run, but not at the address that was called here: the name leads
        /// this vantage elsewhere.
        OtherAddress = "other-address",
        /// Inconclusive: this vantage reached nothing in the run, so its silence may be its own.
        NoVantageWitness = "no-vantage-witness",
        /// Inconclusive: the target agent could not be asked for its receipts.
        TargetNotAsked = "target-not-asked",
        /// Inconclusive: the target agent restarted in the run; its receipts are gone.
        TargetRestarted = "target-restarted",
        /// Inconclusive: the target's ring of receipts wrapped in the run.
        ReceiptsWrapped = "receipts-wrapped",
        /// Inconclusive: the target saw TLS handshakes begin and not end, and one of them may be this call's.
        HandshakeUnclear = "handshake-unclear",
        /// Inconclusive: the front end was too busy to say whether it lets this caller in.
        TooBusy = "too-busy",
        /// Inconclusive: a silence at an endpoint whose platform keeps no receipts may be a lost answer.
        NoReceipts = "no-receipts",
        /// Inconclusive: what answered stands on the caller's side: a sidecar, a proxy, a firewall, a portal.
        CallersSide = "callers-side",
        /// Inconclusive: a 403 that says itself that it is no network's denial: a challenge, a sign-in, a missing certificate.
        NotADenial = "not-a-denial",
        /// Inconclusive: a forged call got a status that admitted callers get, with another page.
        ForgedUnclear = "forged-unclear",
        /// Inconclusive: a 403 that nobody signed for was not asked for as a browser would.
        NotAskedAsBrowser = "not-asked-as-browser",
        /// Inconclusive: a 403 under a certificate that is not good, and that no admitted caller was shown.
        ServerUnclear = "server-unclear",
        /// Inconclusive: admitted callers are shown a good certificate at that address, and this vantage another.
        Intercepted = "intercepted",
        /// Inconclusive: HTTP/2 took the request back, and it could not be asked again over HTTP/1.1.
        NotAskedAgain = "not-asked-again",
        /// Inconclusive: an error page in a coding that cannot be undone, which may be a refusal.
        Unreadable = "unreadable",
        /// Inconclusive: the headers that say where the caller came from contradict each other.
        SourceUnclear = "source-unclear",
        /// Inconclusive: the refusal names an address that is another's, so it may be the refusal of another's call.
        OthersAddress = "others-address",
        /// Inconclusive: the door says the same of a site that does not exist.
        NoSuchSite = "no-such-site",
        /// Inconclusive: a name that does not resolve is no denial.
        NotResolved = "not-resolved",
        /// Inconclusive: the vantage could not send.
        NotSent = "not-sent",
        /// Inconclusive: the TLS handshake of a call that must be denied failed, which may be anybody's doing.
        TlsUnclear = "tls-unclear",
        /// Inconclusive: reached at first; then most of the calls that measured it were not sent, or nothing is known of them.
        ContactUnclear = "contact-unclear",
        /// Inconclusive: the vantage could not be asked, or did not say.
        VantageNotAsked = "vantage-not-asked",
        /// Inconclusive: the run was ended first.
        Interrupted = "interrupted",
        /// Skipped: the vantage has no address in this family.
        NoFamily = "no-family",
    }
}

impl Reason {
    /// The one verdict this reason is a reason for.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Reached | Self::DeniedAttributed | Self::DeniedWitnessed => Verdict::Pass,
            Self::Leak
            | Self::LeakOneWay
            | Self::PathOpen
            | Self::WrongAgent
            | Self::WrongSource
            | Self::Blocked
            | Self::WrongAnswer
            | Self::NameUnresolved
            | Self::TlsFailed
            | Self::LostContact
            | Self::WrongMeans
            | Self::NotInBook => Verdict::Fail,
            Self::NoTargetWitness
            | Self::OtherAddress
            | Self::NoVantageWitness
            | Self::TargetNotAsked
            | Self::TargetRestarted
            | Self::ReceiptsWrapped
            | Self::HandshakeUnclear
            | Self::TooBusy
            | Self::NoReceipts
            | Self::OtherInstance
            | Self::CallersSide
            | Self::NotADenial
            | Self::ForgedUnclear
            | Self::NotAskedAsBrowser
            | Self::Intercepted
            | Self::ServerUnclear
            | Self::NotAskedAgain
            | Self::Unreadable
            | Self::SourceUnclear
            | Self::OthersAddress
            | Self::NoSuchSite
            | Self::NotResolved
            | Self::NotSent
            | Self::TlsUnclear
            | Self::ContactUnclear
            | Self::VantageNotAsked
            | Self::Interrupted => Verdict::Inconclusive,
            Self::NoFamily => Verdict::Skipped,
        }
    }
}
