"""The mutation score, from how the judge took each mutant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.mutation.mutant import Mutant
from tests.mutation.survivors import Reasons, entry, unknown
from tests.mutation.trial import End, Outcome

WANTED = 0.98
"""The share of mutants that are not equivalent which the judge has to refuse, at the least."""


@dataclass(frozen=True)
class Report:
    """All outcomes beside the reasons that are written down."""

    outcomes: Sequence[Outcome]
    reasons: Reasons

    @property
    def different(self) -> list[Outcome]:
        """Of mutants that are not equivalent."""
        known = self.reasons.by_key()
        return [o for o in self.outcomes if not ((g := known.get(o.mutant.key)) and g.equivalent)]

    @property
    def score(self) -> float:
        """Refused mutants by mutants that are not equivalent."""
        return _share(self.different)

    def problems(self) -> Iterator[str]:
        """What has to be mended: in the exam, or among the reasons."""
        known = self.reasons.by_key()
        for key in unknown(self.reasons, [outcome.mutant.key for outcome in self.outcomes]):
            yield f"a reason is stale, for there is no such mutant:\n{entry(key)}"
        for outcome in self.outcomes:
            key = outcome.mutant.key
            if outcome.refused and key in known:
                yield f"a reason is stale, for {outcome.check} refuses the mutant:\n{entry(key)}"
            elif not outcome.refused and key not in known:
                yield f"a mutant survives without a reason:\n{entry(key)}"
        if self.score < WANTED:
            yield f"the score is {self.score:.2%}, and {WANTED:.0%} are wanted"

    def lines(self) -> Iterator[str]:
        """The score as a table, by file and by kind of change; then the survivors."""
        yield from _table("file", self.different, lambda mutant: mutant.key.file)
        yield ""
        yield from _table("change", self.different, lambda mutant: mutant.operator)
        yield ""
        ends = Counter(outcome.end for outcome in self.outcomes)
        yield f"{len(self.outcomes)} mutants, refused " + ", ".join(
            f"{end.value}: {ends[end]}" for end in End
        )
        answered = [o for o in self.different if o.end in {End.WRONG, End.SURVIVED}]
        yield f"of those whose answers alone decide, refused: {_share(answered):.2%}"
        yield ""
        surviving = {outcome.mutant.key for outcome in self.outcomes if not outcome.refused}
        for group in self.reasons.group:
            there = [change.key for change in group.mutants if change.key in surviving]
            if there:
                yield f"{'equivalent' if group.equivalent else 'NOT EQUIVALENT'}: {group.reason}"
                yield from (f"    {_said(key.original, key.mutated)}" for key in there)
        yield ""
        refused = sum(outcome.refused for outcome in self.different)
        yield f"score: {refused} of {len(self.different)} refused, {self.score:.2%}"


def _table(title: str, outcomes: Sequence[Outcome], kind: Callable[[Mutant], str]) -> Iterator[str]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(kind(outcome.mutant), []).append(outcome)
    yield f"{title:28}  not equivalent   refused"
    for name, members in sorted(groups.items()):
        yield f"{name:28}  {len(members):14}   {_share(members):7.2%}"


def _share(outcomes: Sequence[Outcome]) -> float:
    return sum(o.refused for o in outcomes) / len(outcomes) if outcomes else 1.0


def _said(original: str, mutated: str) -> str:
    short = original if len(original) <= 100 else f"{original[:99]}…"
    if not mutated:
        return f"{short}  ->  removed"
    # What both have in common is said once.
    same = 0
    while same < min(len(original), len(mutated)) and original[same] == mutated[same]:
        same += 1
    tail = mutated if same < 40 else f"…{mutated[same - 20 :]}"
    return f"{short}  ->  {tail if len(tail) <= 120 else f'{tail[:119]}…'}"
