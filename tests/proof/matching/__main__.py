"""`python -m tests.proof.matching [--payments 2000 --seed 1 --seeds 1]`: matching on labelled payments."""

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field

from tests.proof.matching.labelled import Labelled, labelled
from webapp.domain.matching import Proposal, propose

LEAST = 0.90
"""The share of the unambiguous payments that must be matched automatically."""


@dataclass(slots=True)
class Tally:
    """What was counted over labelled payments."""

    payments: int = 0
    with_truth: int = 0
    automatic: int = 0
    wrong: int = 0
    unambiguous: int = 0
    unambiguous_automatic: int = 0
    first_right: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)

    def count(self, one: Labelled, proposals: list[Proposal]) -> None:
        """Compare what was proposed for one payment with its label."""
        self.payments += 1
        self.with_truth += bool(one.truth)
        self.unambiguous += one.unambiguous
        first = {part.invoice_id: part.amount for part in proposals[0].parts} if proposals else {}
        right = bool(one.truth) and first == one.truth
        self.first_right += right
        if proposals and proposals[0].automatic:
            self.automatic += 1
            self.unambiguous_automatic += one.unambiguous and right
            if not right:
                self.wrong += 1
                self.wrongs.append(f"{one.kind}: {one.receipt} settles {one.truth}, not {proposals[0]}")
        elif one.unambiguous:
            self.missed[one.kind] += 1

    def figures(self) -> dict[str, float | int]:
        """Return the figures that are printed."""
        good = self.automatic - self.wrong
        return {
            "payments": self.payments,
            "automatic": self.automatic,
            "wrong automatic": self.wrong,
            "unambiguous": self.unambiguous,
            "of these automatic": round(self.unambiguous_automatic / max(self.unambiguous, 1), 4),
            "precision": round(good / max(self.automatic, 1), 5),
            "recall": round(good / max(self.with_truth, 1), 4),
            "first proposal right": round(self.first_right / max(self.with_truth, 1), 4),
        }


def judge(seed: int, count: int, tally: Tally | None = None) -> Tally:
    """Match the labelled payments of one seed, and count."""
    found = tally or Tally()
    for books, payments in labelled(seed, count):
        index = books.index()
        for one in payments:
            found.count(one, propose(one.receipt, index))
    return found


def main() -> None:
    """Print the figures; 1 when one automatic match was wrong, or too few were automatic."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=2000, help="in each seed")
    parser.add_argument("--seed", type=int, default=1, help="the first of the seeds")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--missed", action="store_true", help="tell which kinds were left to a person")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    tally = Tally()
    for seed in range(options.seed, options.seed + options.seeds):
        judge(seed, options.payments, tally)
    figures = tally.figures()
    if options.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:22} {value}" for name, value in figures.items()))
    if options.missed:
        print("left to a person:", dict(tally.missed.most_common()))
    print("\n".join(tally.wrongs[:20]), file=sys.stderr, end="")
    sys.exit(bool(tally.wrong) or figures["of these automatic"] < LEAST)


if __name__ == "__main__":
    main()
