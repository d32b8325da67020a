"""What a pack says to the points of a rule, in the words of a language."""

from collections.abc import Callable, Mapping

from unseen.evidence.court.countries import Answer
from unseen.evidence.court.figures import Figures
from unseen.evidence.court.words import Words
from unseen.evidence.court.written import listed, one_line
from unseen.evidence.records import Environment, Item
from unseen.evidence.report import said_time


def answers_of(figures: Figures, words: Words) -> Mapping[Answer, str]:
    """The sentence for each kind of answer."""
    values = _values(figures, words)
    return {answer: words.answer[answer].format_map(values) for answer in Answer}


def clock_of(environment: Environment, words: Words) -> str:
    """What is known of a computer's clock."""
    known = {True: "clock_synchronised", False: "clock_alone", None: "clock_unknown"}
    return words.label[known[environment.clock_synchronised]]


def boot_of(environment: Environment, words: Words) -> str:
    """Whether the firmware vouches for what a computer started."""
    known = {True: "boot_checked", False: "boot_unchecked", None: "boot_unknown"}
    return words.label[known[environment.secure_boot]]


def system_of(environment: Environment) -> str:
    """A computer, without its name."""
    return one_line(f"{environment.system}, {environment.machine}, Python {environment.python}")


def stamps_of(figures: Figures, words: Words) -> str:
    """Each authority with the state of its timestamps."""
    return "; ".join(f"{one.name}: {state}" for one, state in zip(figures.vouched, states(figures, words), strict=True))


def states(figures: Figures, words: Words) -> list[str]:
    """The state of each authority's timestamps."""
    holds, pending = words.label["stamped"], words.label["stamp_pending"]
    return [pending if one.at is None else holds.format(at=said_time(one.at)) for one in figures.vouched]


def _values(figures: Figures, words: Words) -> Mapping[str, object]:
    manifest, items = figures.manifest, figures.items
    times = sorted(item.captured_at for item in items) or [manifest.sealed_at]

    def each(of: Callable[[Item], str]) -> str:
        return listed(one_line(of(item)) for item in items)

    return {
        "systems": each(lambda item: system_of(item.environment)),
        "clocks": each(lambda item: clock_of(item.environment, words)),
        "boots": each(lambda item: boot_of(item.environment, words)),
        "tools": each(lambda item: f"{item.tool.name} {item.tool.version}"),
        "operators": each(lambda item: item.operator),
        "methods": each(lambda item: item.method),
        "origins": each(lambda item: item.origin.where),
        "time_sources": each(lambda item: words.time_source[item.time_source.name]),
        "first": said_time(times[0]),
        "last": said_time(times[-1]),
        "sealed_at": said_time(manifest.sealed_at),
        "entries": manifest.custody.entries,
        "files": len(manifest.files),
        "stamped": len(figures.stamped),
        "pending": len(figures.pending),
        "stamps": stamps_of(figures, words) or f"PENDING ({words.notice['pending_none']})",
    }
