"""Rounds, and the rows that come out of them."""

import contextlib
import dataclasses
import statistics

from .load import measure
from .processes import Wrong


@dataclasses.dataclass
class Row:
    """One figure with its target. `values`: one a round; their median counts."""

    work: str
    figure: str
    values: list
    target: float | None = None
    at_least: bool = False  # the target is a lower bound
    unit: str = ""
    absolute: dict = dataclasses.field(default_factory=dict)  # contender: text
    note: str = ""

    def as_json(self):
        median = statistics.median(self.values)
        met = None
        if self.target is not None:
            met = median >= self.target if self.at_least else median <= self.target
        return {
            "work": self.work, "figure": self.figure, "median": median, "min": min(self.values), "max": max(self.values),
            "rounds": len(self.values), "values": self.values, "target": self.target, "at_least": self.at_least,
            "unit": self.unit, "met": met, "absolute": self.absolute, "note": self.note,
        }  # fmt: skip


@contextlib.contextmanager
def named(name):
    """What goes wrong here is put down to this contender."""
    try:
        yield
    except Wrong as wrong:
        raise Wrong(f"{name}: {wrong}") from None


def rounds(bench, contenders, processes, model, mode, direct=False, each=None, **options):
    """{name: [a result a round]}: the contenders take turns, in another order each round. `direct`: the load client
    straight to the model double takes a turn too. `each`: {name: options of its own}."""
    ports = {one.name: one.port for one in contenders}
    if direct:
        ports["direct"] = model.port
    results = {name: [] for name in ports}
    names = list(ports)
    for turn in range(bench.rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            watched = {"model": model}
            if name in processes:
                watched["proxy"] = processes[name]
            with named(name):
                result = measure(bench, mode, ports[name], watched, **{**options, **(each or {}).get(name, {})})
            result["load_busy"] = (result["cpu"]["load"] + result["cpu"]["model"]) / result["wall"]
            result["cpu_us"] = result["cpu"].get("proxy", 0) / max(result["count"], 1) * 1e6
            results[name].append(result)
    return results


def ratios(results, name, rival, key="cpu_us"):
    """Within each round."""
    return [ours[key] / theirs[key] for ours, theirs in zip(results[name], results[rival])]


def median(results, name, key):
    return statistics.median(result[key] for result in results[name])


def table(results, key, pattern):
    return {name: pattern.format(median(results, name, key)) for name in results if key in results[name][0]}


def busiest(results):
    """How busy the load's core was at most, as a note: only below 100 % is the proxy what limits."""
    busy = max(result["load_busy"] for name in results if name != "direct" for result in results[name])
    return f"load's core at most {busy:.0%} busy"


def cpu_rows(results, work, unit, targets, note="", pattern="{:.1f} µs"):
    """A row of CPU ratios for each rival with its target."""
    absolute = {name: text for name, text in table(results, "cpu_us", pattern).items() if name != "direct"}
    note = "; ".join(part for part in (note, busiest(results)) if part)
    return [
        Row(work, f"CPU per {unit}, to {rival}'s", ratios(results, "Inferway", rival), target, absolute=absolute, note=note)
        for rival, target in targets.items()
    ]
