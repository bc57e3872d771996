"""`python -m tests.fuzz --target verifier --executions 100000`: coverage-guided, by atheris.

Counts, inputs and findings are kept in a folder; a second run goes on there. Exit status 1 if
there is a finding. A file of `findings` is executed again by
`python -m tests.fuzz.replay TARGET FILE`.
"""

import argparse
import sys
from pathlib import Path

from tests.fuzz.campaign import Campaign
from tests.fuzz.record import Record
from tests.fuzz.targets import SHARES


def _row(target: str, record: Record) -> str:
    refused = record.executions - record.accepted - record.ends["traceback"]
    return (
        f"| `{target}` | {record.executions:,} | {record.accepted:,} | {refused:,} "
        f"| {record.edges:,} | {record.features:,} | {record.slowest_ms:.0f} ms "
        f"| {record.most_kib / 1024:.1f} MiB | {len(record.findings)} |"
    )


_HEAD = """\
| target | executions | accepted | refused | edges | features | slowest | most memory | findings |
|---|---|---|---|---|---|---|---|---|"""


def _run(targets: list[str], executions: int, folder: Path, seed: int) -> int:
    whole = sum(SHARES[each] for each in targets)
    campaigns = {each: Campaign(folder, each, seed) for each in targets}
    for target, campaign in campaigns.items():
        for record in campaign.run(executions * SHARES[target] // whole):
            print(_row(target, record), flush=True)
    records = {target: campaign.record() for target, campaign in campaigns.items()}
    print(_HEAD, *(_row(target, record) for target, record in records.items()), sep="\n")
    print(f"{sum(record.executions for record in records.values()):,} executions")
    found = [f"{target}: {each}" for target in records for each in records[target].findings]
    print(*found, sep="\n", end="\n" * bool(found))
    return int(bool(found))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--target", action="append", choices=SHARES, help="(all of them)")
    parser.add_argument("--executions", type=int, default=100_000, help="of all targets (100000)")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"), help="(build/fuzz)")
    parser.add_argument("--seed", type=int, default=0, help="of the first process (0)")
    given = parser.parse_args()
    return _run(given.target or [*SHARES], given.executions, given.folder, given.seed)


if __name__ == "__main__":
    sys.exit(main())
