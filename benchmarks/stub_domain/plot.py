"""The plot: time to answer against load, as SVG written by hand. The same data, the same bytes."""

import math
from collections.abc import Iterator, Sequence

from benchmarks.stub_domain.processors import Policy
from benchmarks.stub_domain.tables import LOADS, PLACES, Load, road_name

WIDTH, HEIGHT = 860, 420
TOP, BOTTOM, LEFT, PANEL, GAP = 64, 330, 64, 368, 36
LOWEST, HIGHEST = 1_000, 10_000_000
"""Of the axis, in ns."""
OFFSET = 9
"""Pixels between the marks of two roads at one load."""

COLOURS: dict[Policy | None, str] = {
    None: "#0072b2",
    Policy.AT_ONCE: "#009e73",
    Policy.AFTER_1_MS: "#e69f00",
    Policy.IN_TURN: "#d55e00",
}


def svg(loads: Sequence[Load]) -> str:
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12" fill="#222">',
        "<title>Time to answer a request, native app and stub domain, under load</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">Time from trap to resumption: '
        "dot median, bar to 99 %, diamond longest</text>",
    ]
    for number, (shares, place) in enumerate(PLACES.items()):
        left = LEFT + number * (PANEL + GAP)
        lines += _axes(left, f"competitors on {place}", labelled=number == 0)
        for position, policy in enumerate(COLOURS):
            shown = [each for each in loads if (each.shares, each.policy) == (shares, policy)]
            lines += _series(left, position, COLOURS[policy], shown)
    lines += _legend()
    return "\n".join([*lines, "</svg>", ""])


def _x(left: int, competitors: int) -> float:
    return left + PANEL * (LOADS.index(competitors) + 0.5) / len(LOADS)


def height(ns: int) -> float:
    share = math.log(ns / LOWEST) / math.log(HIGHEST / LOWEST)
    return round(BOTTOM - share * (BOTTOM - TOP), 1)


def _axes(left: int, title: str, *, labelled: bool) -> Iterator[str]:
    ns = LOWEST
    while ns <= HIGHEST:
        y = height(ns)
        yield f'<path d="M{left} {y}H{left + PANEL}" stroke="#ddd"/>'
        if labelled:
            unit = f"{ns // 1_000_000} ms" if ns >= 1_000_000 else f"{ns // 1000} µs"
            yield f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{unit}</text>'
        ns *= 10
    for competitors in LOADS:
        x = _x(left, competitors)
        yield f'<text x="{x}" y="{BOTTOM + 18}" text-anchor="middle">{competitors}</text>'
    middle = left + PANEL / 2
    yield f'<text x="{middle}" y="{BOTTOM + 36}" text-anchor="middle">{title}</text>'


def _series(left: int, position: int, colour: str, loads: Sequence[Load]) -> Iterator[str]:
    shift = (position - (len(COLOURS) - 1) / 2) * OFFSET
    points = []
    for load in loads:
        x = _x(left, load.competitors) + shift
        median, most, longest = (
            height(ns)
            for ns in (load.result.within(50), load.result.within(99), load.result.times[-1])
        )
        points.append(f"{x} {median}")
        stroke = f'stroke="{colour}" stroke-width="1.5"'
        yield f'<path d="M{x} {median}V{most}M{x - 4} {most}h8" {stroke}/>'
        yield f'<path d="M{x} {longest - 4}l4 4l-4 4l-4 -4z" fill="none" {stroke}/>'
        yield f'<circle cx="{x}" cy="{median}" r="4" fill="{colour}"/>'
    path = "L".join(points)
    yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-opacity="0.4"/>'


def _legend() -> Iterator[str]:
    x = LEFT
    for policy, colour in COLOURS.items():
        yield f'<circle cx="{x}" cy="{HEIGHT - 22}" r="5" fill="{colour}"/>'
        yield f'<text x="{x + 10}" y="{HEIGHT - 18}">{road_name(policy)}</text>'
        x += 110 if policy is None else 216
