"""What fetching takes in memory as it grows: new, unchanged, and one in a hundred changed, without any peer.

A million documents take minutes: ask for them with `--size 100000 --size 1000000`.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import fetching_many
from tests.bench.book import Book
from tests.bench.figures import Figure, Options


def measure(options: Options) -> list[Figure]:
    """Return the peak above the start for each number of documents, and how it grows from the first to the last."""
    peaks: dict[int, float] = {}
    found: list[Figure] = []
    for count in options.growing(100_000, quick=500):
        took = _of(options, count)
        options.tell(f"  {count:,}: " + ", ".join(f"{name} {value:,.2f}" for name, value in took.items()))
        peaks[count] = took["kilobytes"] / 1024
        size = f"{count // 1000}k" if count >= 1000 else str(count)
        found.append(Figure(f"{size} memory above the start", (peaks[count],), unit="MB", bound=100, most=True, row=7))
        found.append(Figure(f"{size} pages of the database mapped", (took["mapped"] / 1024,), unit="MB"))
        found.append(Figure(f"{size} first", (count / took["first"],), unit="/s"))
    return found + fetching_many.growth(peaks)


def _of(options: Options, count: int) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        pages, moved = Path(folder) / "pages", Path(folder) / "moved"
        Book.write(pages, count)
        Book.write(moved, count, every=100)
        return fetching_many.run_peer("fetched", options.database, pages, moved)
