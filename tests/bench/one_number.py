"""A hundred imports of one number at the same moment: one is created, all others are told which."""

import asyncio
import json

from tests.bench.bodies import encoded
from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.load import Answer, Line
from tests.bench.stage import IMPORT, Stage, stage
from tests.support.web import Web

AT_ONCE = 100


def measure(options: Options) -> list[Figure]:
    """Return how many invoices came of a hundred imports of one number."""
    series = Series()
    with stage(options.database) as place, place.web() as web:
        for number in range(options.rounds):
            name = f"ONE-{number}"
            answers = asyncio.run(_round(place, web, encoded(name, seed=options.seed)))
            created = [json.loads(one.body)["data"]["id"] for one in answers if one.status == 201]
            others = {json.loads(one.body)["data"]["id"] for one in answers if one.status == 409}
            strange = sorted({one.status for one in answers} - {201, 409})
            if not created or strange or others - set(created) or place.count(name) != len(created):
                raise WrongResult(f"{len(created)} created, answers {strange}, ids {others}, rows {place.count(name)}")
            series.add("created of 100 at once", len(created))
            options.tell(f"  round {number + 1}: {len(created)} created, {AT_ONCE - len(created)} told of it")
    return [series.figure("created of 100 at once", unit="", bound=1, most=True, note="two web processes")]


async def _round(place: Stage, web: Web, body: bytes) -> list[Answer]:
    lines = [Line(web.port) for _ in range(AT_ONCE)]
    answers = await asyncio.gather(*(line.ask("POST", IMPORT, place.api_headers, body) for line in lines))
    for line in lines:
        line.close()
    return answers
