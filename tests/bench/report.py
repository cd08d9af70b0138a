"""The report: a table in Markdown for people, JSON for machines, both with the load under which they were measured."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, Options

Found = Mapping[str, Sequence[Figure]]
LAST = 99
"""Where figures stand that no goal asks for."""


def surroundings(options: Options) -> dict[str, Any]:
    """Return where and how it was measured."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_before": [round(value, 2) for value in os.getloadavg()],
        "database": options.database,
        "rounds": options.rounds,
        "seed": options.seed,
        "sizes": list(options.sizes),
        "quick": options.quick,
    }


def markdown(found: Found, facts: Mapping[str, Any]) -> str:
    """Return the report for people."""
    loads = " / ".join(str(value) for value in facts["load_before"])
    lines = [
        "# What was measured",
        "",
        f"{facts['measured_at']} · Python {facts['python']} · {facts['system']}, {facts['cores']} cores, "
        f"load before {loads} · {facts['database']} · {facts['rounds']} rounds, medians · seed {facts['seed']}"
        + (" · QUICK: small sizes, no figures to quote" if facts["quick"] else ""),
        "",
        "| goal | measure | figure | median | rounds | bound | |",
        "|---:|---|---|---:|---|---:|---|",
    ]
    every = [(name, figure) for name, figures in found.items() for figure in figures]
    lines += [_row(name, figure) for name, figure in sorted(every, key=lambda one: one[1].row or LAST)]
    notes = [f"- **{one.name}**: {one.note}" for figures in found.values() for one in figures if one.note]
    return "\n".join([*lines, "", *notes, ""])


def write(folder: Path, found: Found, facts: Mapping[str, Any]) -> tuple[Path, Path]:
    """Write both reports into a folder and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    text, data = folder / "bench.md", folder / "bench.json"
    text.write_text(markdown(found, facts), encoding="utf-8")
    plain = {
        name: [asdict(one) | {"value": one.value, "is_met": one.is_met} for one in figures]
        for name, figures in found.items()
    }
    data.write_text(json.dumps({"facts": facts, "figures": plain}, indent=2, ensure_ascii=False), encoding="utf-8")
    return text, data


def _row(measure: str, figure: Figure) -> str:
    bound = "" if figure.bound is None else f"{'≤' if figure.most else '≥'} {number(figure.bound)} {figure.unit}"
    verdict = "" if figure.bound is None else "met" if figure.is_met else "**NOT MET**"
    rounds = " ".join(number(value) for value in figure.rounds)
    named = f"{figure.row or ''} | {measure} | {figure.name}"
    return f"| {named} | {number(figure.value)} {figure.unit} | {rounds} | {bound} | {verdict} |"


def number(value: float) -> str:
    """Return a number with three figures that count."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
