"""A peer of matching: Splink on DuckDB, set up as its own worked example of bank transactions is.

That example links payments that left with payments that arrived: amounts by how many percent they differ, the words
beside them by the pairs of letters that they share, days by how far they are apart; candidates by amounts that are the
same to about two, rounded both ways, and by how the words begin; trained on the data, once for each kind of candidate.
Two things are otherwise here: twelve letters of the name and not nine, for nine are the trade that thousands share; and
no rule asks for the same week, for customers pay within months.
"""

import time
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

_NEAR = "round(l.amount / 2, 0) * 2 = round(r.amount / 2, 0) * 2"
_NEXT = "round(l.amount / 2, 0) * 2 = round((r.amount + 1) / 2, 0) * 2"
_PERCENT = (0.01, 0.03, 0.1, 0.3)
_DAYS = (14, 30, 60)


class Record(NamedTuple):
    """An invoice or a payment as it is linked."""

    key: int
    name: str
    amount: Decimal
    day: date


def link(invoices: list[Record], payments: list[Record], truth: Mapping[int, int]) -> dict[str, float]:
    """Link both tables; returns seconds of the processor, and for how many payments the best link is right."""
    import duckdb
    from splink import DuckDBAPI, Linker, block_on

    left, right = _table(invoices), _table(payments)
    started = time.process_time()
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    database = DuckDBAPI(connection=connection)
    beginning = block_on("substr(name, 1, 12)")
    settings = _settings([_NEAR, _NEXT, beginning], one_in=len(invoices))
    linker: Any = Linker([database.register(left), database.register(right)], settings, log_level=40)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(beginning)
    linker.training.estimate_parameters_using_expectation_maximisation(_NEAR)
    found = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()
    seconds = time.process_time() - started
    best = found.sort_values("match_probability").drop_duplicates("unique_id_r", keep="last")
    right_ones = sum(truth[payment] == one for one, payment in zip(best.unique_id_l, best.unique_id_r, strict=True))
    return {"seconds": seconds, "recall": right_ones / len(payments)}


def _table(records: list[Record]) -> Any:
    import pandas

    return pandas.DataFrame(
        {
            "unique_id": [one.key for one in records],
            "name": [one.name.upper() for one in records],
            "amount": [float(one.amount) for one in records],
            "day": pandas.to_datetime([one.day for one in records]),
        }
    )


def _settings(candidates: list[Any], *, one_in: int) -> Any:
    import splink.comparison_level_library as levels
    import splink.comparison_library as compare
    from splink import SettingsCreator

    amount = {
        "output_column_name": "amount",
        "comparison_levels": [
            levels.NullLevel("amount"),
            levels.ExactMatchLevel("amount"),
            *[levels.PercentageDifferenceLevel("amount", share) for share in _PERCENT],
            levels.ElseLevel(),
        ],
    }
    within = [
        {
            "sql_condition": f"day_r >= day_l AND day_r - day_l <= INTERVAL {days} DAY",
            "label_for_charts": f"{days} days",
        }
        for days in _DAYS
    ]
    day = {"output_column_name": "day", "comparison_levels": [levels.NullLevel("day"), *within, levels.ElseLevel()]}
    return SettingsCreator(
        link_type="link_only",
        blocking_rules_to_generate_predictions=candidates,
        comparisons=[amount, compare.JaccardAtThresholds("name", [0.9, 0.7]), day],
        probability_two_random_records_match=1 / one_in,
    )
