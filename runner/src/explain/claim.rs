//! One claim in words.

use super::judgement::JudgedClaim;
use super::{budget_words, name_words, throughput_words};
use crate::judge::{BudgetCase, Case, ClaimFinding, NameCase, Reason};
use crate::plan::Claim;

pub(super) fn explain(
    case: &Case<'_>,
    claim: Claim<'_>,
    finding: &ClaimFinding,
    reached: Reason,
) -> JudgedClaim {
    let &ClaimFinding { kind, reason, decided_by, took_us } = finding;
    let (sentence, hint, evidence) = match claim {
        Claim::Resolves(name) => {
            let case = NameCase::of(case, name);
            (
                name_words::sentence(&case, reason, decided_by),
                name_words::hint(&case, reason, decided_by),
                name_words::evidence(&case, decided_by),
            )
        }
        Claim::Keeps(budget) => {
            let case = BudgetCase { edge: case, limit: budget.limit, reached };
            (
                budget_words::sentence(&case, reason),
                budget_words::hint(&case, reason),
                budget_words::evidence(&case),
            )
        }
        Claim::Flows(throughput) => (
            throughput_words::sentence(case, (throughput, reached), reason),
            throughput_words::hint(case, reason),
            throughput_words::evidence(case),
        ),
    };
    JudgedClaim { kind, reason, sentence, hint, evidence, decided_by, took_us }
}
