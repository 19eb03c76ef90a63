"""Plugins that the conformance kit must catch, and by which of its checks; and good ones that it must let pass."""

import contextlib
import ctypes
import logging
import math
import os
import random
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, getcontext
from functools import cache, partial
from itertools import repeat, starmap
from pathlib import Path
from typing import Any

from paidan.contracts import (
    GENERATORS,
    NOTIFIERS,
    STRATEGIES,
    Candidate,
    Delivery,
    Message,
    OrderFacts,
    Ranking,
    StepFacts,
    TaskFacts,
    TaskSpec,
    Words,
    reads,
    setting,
)

BAD: list[tuple[str, Any, frozenset[str]]] = []
"""The bad ones: group, plugin, and the codes of the checks that fail, all of them."""
GOOD: list[tuple[str, Any]] = []

type Offer = tuple[Candidate, ...]

FILE = Path(tempfile.gettempdir()) / "paidan-bad-plugin.txt"


def bad[Plugin](group: str, *codes: str) -> Callable[[Plugin], Plugin]:
    """These checks, and only these, catch this plugin."""

    def keep(plugin: Plugin) -> Plugin:
        BAD.append((group, plugin, frozenset(codes)))
        return plugin

    return keep


def good[Plugin](group: str) -> Callable[[Plugin], Plugin]:
    """All checks pass."""

    def keep(plugin: Plugin) -> Plugin:
        GOOD.append((group, plugin))
        return plugin

    return keep


strategy = partial(bad, STRATEGIES)
generator = partial(bad, GENERATORS)
notifier = partial(bad, NOTIFIERS)


def _right(candidates: Offer, reason: Any = None) -> Ranking:
    """What a good strategy answers."""
    return Ranking.by(
        candidates,
        lambda c: (c.open_minutes, c.id),
        reason=reason or (lambda c: Words("{minutes} min open", minutes=c.open_minutes)),
    )


# --- strategies: what they touch --------------------------------------------------------------------
@strategy("inputs_unchanged")
def empties_the_task(task: TaskFacts, candidates: Offer) -> Ranking:
    object.__setattr__(task, "planned", 0)
    return _right(candidates)


@strategy("inputs_unchanged")
def changes_a_place_and_mends_it(task: TaskFacts, candidates: Offer) -> Ranking:
    for one in candidates:
        before = one.place.open_minutes
        object.__setattr__(one.place, "open_minutes", 0)
        object.__setattr__(one.place, "open_minutes", before)
    return _right(candidates)


@strategy("inputs_unchanged")
def goes_round_the_back(task: TaskFacts, candidates: Offer) -> Ranking:
    TaskFacts.__dict__["priority"].__set__(task, 4)
    return _right(candidates)


@strategy("inputs_unchanged")
class EatsTheOffers:
    def rank_all(self, tasks: tuple[TaskFacts, ...], offers: dict[str, Offer]) -> dict[str, Ranking]:
        return {task.id: _right(offers.pop(task.id)) for task in tasks}


@strategy("no_clock")
def reads_the_clock(task: TaskFacts, candidates: Offer, now: Callable[[], float] = time.time) -> Ranking:
    now()
    return _right(candidates)


@strategy("no_clock")
def knows_what_day_it_is(task: TaskFacts, candidates: Offer) -> Ranking:
    date.today()
    return _right(candidates)


@strategy("no_clock")
def knows_what_time_it_is(task: TaskFacts, candidates: Offer) -> Ranking:
    sorted(candidates, key=lambda _c: datetime.now())
    return _right(candidates)


@cache
def _today() -> str:
    return time.strftime("%Y-%m-%d")


@strategy("no_clock")
def remembers_what_day_it_was(task: TaskFacts, candidates: Offer) -> Ranking:
    _today()
    return _right(candidates)


def _moment() -> float:
    return time.monotonic()


@strategy("no_clock")
def looks_at_the_clock_in_a_thread(task: TaskFacts, candidates: Offer) -> Ranking:
    if task.id == "0/0":
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_moment).result()
    return _right(candidates)


@strategy("no_clock")
def dozes(task: TaskFacts, candidates: Offer) -> Ranking:
    time.sleep(0)
    return _right(candidates)


@strategy("no_randomness")
def throws_dice_for_nothing(task: TaskFacts, candidates: Offer) -> Ranking:
    random.choice((1, 2))
    return _right(candidates)


@strategy("no_randomness")
def throws_dice_out_of_sight(task: TaskFacts, candidates: Offer) -> Ranking:
    max(starmap(random.random, [()]))
    return _right(candidates)


@strategy("no_randomness", "same_twice")
def throws_dice(task: TaskFacts, candidates: Offer) -> Ranking:
    return Ranking.by(candidates, lambda _c: random.random(), reason="随便")


@strategy("no_randomness", "same_twice")
def shuffles_without_a_seed(task: TaskFacts, candidates: Offer) -> Ranking:
    draw = random.Random()
    return Ranking.by(candidates, lambda _c: draw.random(), reason="随便")


@strategy("no_randomness")
def takes_a_number(task: TaskFacts, candidates: Offer) -> Ranking:
    uuid.uuid4()
    return _right(candidates)


@strategy("no_randomness")
def has_secrets(task: TaskFacts, candidates: Offer) -> Ranking:
    secrets.token_hex()
    return _right(candidates)


@strategy("no_files")
def writes_a_file(task: TaskFacts, candidates: Offer) -> Ranking:
    with FILE.open("a"):
        return _right(candidates)


@strategy("no_files")
def deletes_a_file(task: TaskFacts, candidates: Offer) -> Ranking:
    FILE.unlink(missing_ok=True)
    return _right(candidates)


@strategy("no_database")
def opens_a_database(task: TaskFacts, candidates: Offer) -> Ranking:
    with contextlib.closing(sqlite3.connect(":memory:")):
        return _right(candidates)


@strategy("no_database", "no_clock")  # the driver looks how long it waits
def asks_a_database_server(task: TaskFacts, candidates: Offer) -> Ranking:
    import psycopg

    if task.id == "0/0":
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect("host=/nowhere").close()
    return _right(candidates)


@strategy("no_network")
def opens_a_socket(task: TaskFacts, candidates: Offer) -> Ranking:
    with socket.socket():
        return _right(candidates)


@strategy("no_network")
def asks_for_an_address(task: TaskFacts, candidates: Offer) -> Ranking:
    socket.gethostname()
    return _right(candidates)


@strategy("no_programs")
def runs_a_program(task: TaskFacts, candidates: Offer) -> Ranking:
    if task.id == "0/0":  # not a thousand times
        subprocess.run([sys.executable, "-S", "-c", ""], check=True)
    return _right(candidates)


@strategy("leaves_nothing")
def leaves_a_thread(task: TaskFacts, candidates: Offer) -> Ranking:
    if threading.active_count() < 3:
        threading.Thread(target=threading.Event().wait, args=(60,), daemon=True).start()
    return _right(candidates)


_left: list[subprocess.Popen[bytes]] = []


@strategy("no_programs", "leaves_nothing")
def leaves_a_process(task: TaskFacts, candidates: Offer) -> Ranking:
    if len(_left) < 40:
        _left.append(subprocess.Popen(["/bin/sleep", "60"]))
    return _right(candidates)


_halves: list[int] = []


@strategy("no_programs", "leaves_nothing")
def splits_the_process(task: TaskFacts, candidates: Offer) -> Ranking:
    if not _halves:
        _halves.append(0)
        _halves.append(os.fork())
    return _right(candidates)


@strategy("no_global_change")
def sets_the_environment(task: TaskFacts, candidates: Offer) -> Ranking:
    os.environ["PAIDAN_BAD_PLUGIN"] = "was here"
    return _right(candidates)


@strategy("no_global_change")
def counts_more_exactly(task: TaskFacts, candidates: Offer) -> Ranking:
    getcontext().prec = 50
    return _right(candidates)


# --- strategies: that they end ----------------------------------------------------------------------
@strategy("answers")
def hangs(task: TaskFacts, candidates: Offer) -> Ranking:
    while True:
        pass


@strategy("empty_pool")
def hangs_in_compiled_code_when_nobody_is_offered(task: TaskFacts, candidates: Offer) -> Ranking:
    return _right(candidates) if candidates else Ranking((sum(repeat(0)),), ())


@strategy("answers")
def ends_the_process(task: TaskFacts, candidates: Offer) -> Ranking:
    os._exit(0)


@strategy("answers")
def cuts_the_line(task: TaskFacts, candidates: Offer) -> Ranking:
    os.closerange(3, 200)
    return _right(candidates)


@strategy("answers")
def leaves_by_the_door(task: TaskFacts, candidates: Offer) -> Ranking:
    sys.exit("enough")


@strategy("answers")
def crashes(task: TaskFacts, candidates: Offer) -> Ranking:
    ctypes.string_at(0)
    return _right(candidates)


@strategy("operators", "order_of_offer")
def dies_twice(task: TaskFacts, candidates: Offer) -> Ranking:
    if any(one.kind == "operator" for one in candidates):
        os.kill(os.getpid(), signal.SIGKILL)
    return _right(candidates)


@strategy("in_time")
class TakesItsTime:
    seconds = 0.01

    def rank_all(self, tasks: tuple[TaskFacts, ...], offers: Mapping[str, Offer]) -> dict[str, Ranking]:
        return {one.id: _right(offers[other.id]) for one in tasks for other in tasks if other.id == one.id}


# --- strategies: what they answer -------------------------------------------------------------------
@strategy("empty_pool")
def fails_when_nobody_is_offered(task: TaskFacts, candidates: Offer) -> Ranking:
    return _right((min(candidates, key=lambda c: c.id), *candidates)[1:])


@strategy("one_candidate")
def compares_the_first_two(task: TaskFacts, candidates: Offer) -> Ranking:
    if candidates:
        candidates[1]
    return _right(candidates)


@strategy("ranks_offer")
def drops_a_candidate(task: TaskFacts, candidates: Offer) -> Ranking:
    return _right(candidates[:-1])


@strategy("ranks_offer")
def ranks_who_was_not_offered(task: TaskFacts, candidates: Offer) -> Ranking:
    ranking = _right(candidates)
    return Ranking((*ranking.order, 1), (*ranking.reasons, "也行"))


@strategy("ranks_offer")
class RanksOtherTasks:
    def rank_all(self, tasks: tuple[TaskFacts, ...], offers: Mapping[str, Offer]) -> dict[str, Ranking]:
        return {"another": Ranking((), ())} | {name: _right(offer) for name, offer in offers.items()}


@strategy("answers")
class RanksNothing:
    def rank_all(self, tasks: tuple[TaskFacts, ...], offers: Mapping[str, Offer]) -> dict[str, Ranking]:
        return {}


@strategy("answers")
class RanksInAList:
    def rank_all(self, tasks: tuple[TaskFacts, ...], offers: Mapping[str, Offer]) -> list[Ranking]:
        return [_right(offer) for offer in offers.values()]


@strategy("answers")
def answers_with_a_list(task: TaskFacts, candidates: Offer) -> list[int]:
    return [c.id for c in candidates]


@strategy("answers")
def begins_soon(task: TaskFacts, candidates: Offer) -> Ranking:
    return replace(_right(candidates), start="soon")


@strategy("answers")
def gives_a_number_as_reason(task: TaskFacts, candidates: Offer) -> Ranking:
    return _right(candidates, lambda c: c.open_minutes)


@strategy("answers")
def gives_one_reason_for_all(task: TaskFacts, candidates: Offer) -> Ranking:
    return replace(_right(candidates), reasons=("都一样",))


@strategy("same_twice")
class TakesTurns:
    turn = 0

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        type(self).turn += 1
        return Ranking.by(candidates, lambda c: (c.id * 7 + self.turn) % 11, reason="轮流")


@strategy("same_everywhere")
def hashes_names(task: TaskFacts, candidates: Offer) -> Ranking:
    return Ranking.by(candidates, lambda c: (hash(c.name), c.id), reason="看名字")


@strategy("ties", "order_of_offer")
def keeps_the_order_of_the_offer(task: TaskFacts, candidates: Offer) -> Ranking:
    return Ranking.by(candidates, lambda _c: 0, reason="先来后到")


@strategy("ties")
def does_not_decide_ties(task: TaskFacts, candidates: Offer) -> Ranking:
    return Ranking.by(candidates, lambda c: c.open_minutes, reason="看负荷")


@strategy("operators")
def knows_departments_only(task: TaskFacts, candidates: Offer) -> Ranking:
    assert all(c.kind == "department" for c in candidates)
    return _right(candidates)


@strategy("unicode")
def speaks_one_code_page(task: TaskFacts, candidates: Offer) -> Ranking:
    for one in candidates:
        one.name.encode("gb2312")
    return _right(candidates)


@strategy("huge_numbers")
def grows_beyond_floats(task: TaskFacts, candidates: Offer) -> Ranking:
    math.exp(task.minutes)
    return _right(candidates)


@strategy("bare_facts")
def needs_a_due_date(task: TaskFacts, candidates: Offer) -> Ranking:
    assert task.due
    return _right(candidates)


@strategy("reads")
@reads("people")
def reads_more_than_it_says(task: TaskFacts, candidates: Offer) -> Ranking:
    return Ranking.by(candidates, lambda c: (task.process not in c.skills, c.id), reason="看技能")


# --- strategies: what they say ----------------------------------------------------------------------
@strategy("words_reasons")
def speaks_english_only(task: TaskFacts, candidates: Offer) -> Ranking:
    return _right(candidates, "least load")


@strategy("words_reasons")
def has_words_without_translation(task: TaskFacts, candidates: Offer) -> Ranking:
    return _right(candidates, lambda c: Words("{tasks} tasks open", tasks=c.open_tasks))


@strategy("words_reasons")
def is_translated_by_somebody_else(task: TaskFacts, candidates: Offer) -> Ranking:
    return _right(candidates, lambda c: Words("{people} people", people=c.people))


@strategy("words_reasons")
def cannot_be_kept(task: TaskFacts, candidates: Offer) -> Ranking:
    return _right(candidates, lambda c: Words("{minutes} min open", minutes=Decimal(c.open_minutes)))


@strategy("words_name")
def is_a_stranger(task: TaskFacts, candidates: Offer) -> Ranking:
    """Rank in a way that is not told in Chinese."""
    return _right(candidates)


@strategy("words_settings")
@dataclass
class HasAnUntranslatedSetting:
    hours: int = setting(8, title="Hours", help="Of a working day.")

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        return _right(candidates)


# --- strategies: what they are ----------------------------------------------------------------------
@strategy("fits")
def takes_too_little(task: TaskFacts) -> Ranking:
    return Ranking((), ())


@strategy("fits")
class SpeaksAnotherVersion:
    contract = 2

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        return _right(candidates)


@strategy("fits")
class RanksUnderAnotherName:
    def order(self, task: TaskFacts, candidates: Offer) -> Ranking:
        return _right(candidates)


@strategy("fits")
@dataclass
class HasASettingOfNoKnownType:
    hours: dict[str, int] = field(default_factory=dict)

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        return _right(candidates)


@strategy("declares")
class WantsAllTheTime:
    seconds = 300

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        return _right(candidates)


@strategy("declares")
class ReadsPrices:
    reads = frozenset({"prices"})

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        return _right(candidates)


@strategy("settings_defaults")
@dataclass
class BeginsAboveItsLimit:
    hours: int = setting(25, title="小时", minimum=0, maximum=24)

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        return _right(candidates)


@strategy("settings_schema", "settings_defaults")
class HasAJunkSchema:
    settings_schema = {"type": "object", "properties": {"way": {"type": "way", "enum": ["a"], "default": "b"}}}

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        return _right(candidates)


@strategy("settings_made")
@dataclass
class DoesNotLikeItsDefaults:
    hours: int = setting(8, title="小时")

    def __post_init__(self) -> None:
        raise ValueError("eight is not enough")

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        return _right(candidates)


# --- generators -------------------------------------------------------------------------------------
def _spec(order: OrderFacts, **more: Any) -> TaskSpec:
    return replace(TaskSpec(key="order", content="整单", planned=order.print_run), **more)


@generator("keys_valid")
def repeats_a_key(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order), _spec(order)]


@generator("keys_valid")
def takes_the_key_of_a_manual_task(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, key="manual:1")]


@generator("keys_valid")
def takes_the_key_of_a_part(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, key="order#2")]


@generator("keys_valid")
def has_long_keys(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, key="k" * 81)]


@generator("keys_stable")
def numbers_the_lines_anew(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    for number, line in enumerate(order.lines):
        yield _spec(order, key=f"line:{number}", line=line.ref)


@generator("keys_stable")
def names_tasks_by_the_due_date(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, key=f"due:{order.due}")]


@generator("keys_stable")
def counts_the_materials(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, key=f"of {len(order.materials)}")]


@generator("quantities_valid")
def plans_nothing(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, planned=0)]


@generator("quantities_valid")
def plans_half_pieces(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, planned=order.print_run / 2)]


@generator("quantities_valid")
def allows_less_than_nothing(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, allowance=-1)]


@generator("small_numbers")
def rounds_down(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    for one in order.materials:
        yield _spec(order, key=f"material:{one.ref}", planned=int(one.usage), material=one.ref)


@generator("huge_numbers")
def doubles(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, planned=order.print_run * 2)]


@generator("content_valid")
def has_nothing_to_say(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, content="  ")]


@generator("unicode")
def says_it_all(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, content=max((line.product for line in order.lines), key=len, default="整单"))]


@generator("unicode")
def formats_the_shops_words(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, content=step.task_text.format(process=step.process, subject=""))]


@generator("subjects_valid")
def is_for_a_line_that_is_not_there(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, line=4711)]


@generator("subjects_valid")
def is_for_two_things(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    for line, material in zip(order.lines, order.materials, strict=False):
        yield _spec(order, key=f"line:{line.ref}", line=line.ref, material=material.ref)


@generator("answers")
def answers_with_dicts(order: OrderFacts, step: StepFacts) -> list[dict[str, Any]]:
    return [{"key": "order", "content": "整单", "planned": 1}]


@generator("answers")
def answers_nothing(order: OrderFacts, step: StepFacts) -> None:
    return None


@generator("answers")
def never_stops(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    for number in range(10**9):
        yield TaskSpec(key=f"{number}", content="没完没了", planned=1)


@generator("empty_order")
def needs_a_line(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, content=order.lines[0].product[:200])]


@generator("no_clock")
def looks_at_the_clock_late(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    yield _spec(order)
    time.localtime()


@generator("no_randomness", "same_twice")
def gives_tasks_new_names(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    return [_spec(order, key=str(uuid.uuid4()))]


@generator("inputs_unchanged")
def rewrites_the_order(order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
    object.__setattr__(order, "spoilage", 0)
    return [_spec(order)]


@generator("fits")
def wants_the_customer(order: OrderFacts, step: StepFacts, customer: str) -> list[TaskSpec]:
    return [_spec(order)]


# --- notifiers --------------------------------------------------------------------------------------
@notifier("answers")
def answers_with_a_number(message: Message) -> int:
    return 200


@notifier("answers")
def gives_up_without_a_word(message: Message) -> Delivery:
    return Delivery.give_up("")


@notifier("no_address")
def needs_an_address(message: Message) -> Delivery:
    return Delivery.delivered(message.recipient.addresses["email"] and "已发")


@notifier("again")
def sends_once(message: Message) -> Delivery:
    assert message.attempt == 1
    return Delivery.delivered()


@notifier("unicode")
def writes_postcards(message: Message) -> Delivery:
    message.title.encode("gb2312")
    return Delivery.delivered()


@notifier("no_database")
def keeps_a_list(message: Message) -> Delivery:
    with contextlib.closing(sqlite3.connect(":memory:")):
        return Delivery.delivered()


@notifier("inputs_unchanged")
def crosses_out_addresses(message: Message) -> Delivery:
    addresses: Any = message.recipient.addresses
    addresses.clear()
    return Delivery.delivered()


@notifier("words_reasons")
def explains_in_english(message: Message) -> Delivery:
    return Delivery.retry_later("The line is busy.", minutes=5)


@notifier("answers")
class WaitsForever:
    seconds = 0.5

    def deliver(self, message: Message) -> Delivery:
        threading.Event().wait()
        return Delivery.delivered()


@notifier("in_time")
class IsSlow:
    seconds = 0.02

    def deliver(self, message: Message) -> Delivery:
        time.sleep(0.05)
        return Delivery.delivered()


@notifier("leaves_nothing")
def leaves_a_thread_each_time(message: Message) -> Delivery:
    threading.Thread(target=threading.Event().wait, args=(60,), daemon=True).start()
    return Delivery.delivered()


# --- good ones, as close to the limits as they may come ---------------------------------------------
@good(STRATEGIES)
def ranks_by_load(task: TaskFacts, candidates: Offer) -> Ranking:
    return _right(candidates)


@good(STRATEGIES)
@dataclass(frozen=True)
class DrawsFromASeed:
    """Draw lots from a seed, and use much of the standard library on the way."""

    reads = frozenset({"skills"})
    seed: int = setting(1, title="Seed", minimum=0)
    unit: str = setting("min", title="单位", choices=("min", "h"))
    token: str = setting("", title="口令", secret=True)

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        drawn = random.Random(f"{self.seed}/{task.id}")
        lots = {one: drawn.random() for one in sorted(c.id for c in candidates)}
        trained = {c.id: task.process in c.skills for c in candidates}
        logging.getLogger(__name__).warning("ranking %s", task.id)
        loads = {c.id: Decimal(c.open_minutes) / 7 for c in candidates}
        if task.id == "0/0":
            with ThreadPoolExecutor(2) as pool:
                loads |= dict(pool.map(lambda c: (c.id, Decimal(c.open_minutes) / 7), candidates))
        day = datetime.strptime("2030-01-01 08:00", "%Y-%m-%d %H:%M")
        time.strftime("%H", time.gmtime(0)), re.sub(r"\d", "", task.id), Path(__file__).read_bytes()[:1]
        return Ranking.by(
            candidates,
            lambda c: (not trained[c.id], lots[c.id], c.id),
            reason=lambda c: Words("{share} of it since {hour}", share=float(round(loads[c.id], 2)), hour=day.hour),
        )


@good(STRATEGIES)
class PlansAhead:
    """Rank task by task, or all at once."""

    seconds = 5

    def rank(self, task: TaskFacts, candidates: Offer) -> Ranking:
        return _right(candidates)

    def rank_all(self, tasks: tuple[TaskFacts, ...], offers: Mapping[str, Offer]) -> Mapping[str, Ranking]:
        return {task.id: replace(_right(offers[task.id]), start=n * 10) for n, task in enumerate(tasks) if n != 1}


@good(GENERATORS)
def makes_one_task(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    yield _spec(order, allowance=order.spoilage)


@good(GENERATORS)
@dataclass(frozen=True)
class MakesTasksForLines:
    """Make a task for each line of which there is enough."""

    least: int = setting(1, title="Least quantity", help="Less is made with another task.", minimum=1)

    def tasks(self, order: OrderFacts, step: StepFacts) -> list[TaskSpec]:
        return [
            TaskSpec(key=f"line:{one.ref}", content=f"{step.name} {one.product}"[:200], planned=one.quantity, line=one.ref)
            for one in sorted(order.lines, key=lambda line: line.ref)
            if one.quantity >= self.least
        ]  # fmt: skip


@good(NOTIFIERS)
def rings_a_bell(message: Message) -> Delivery:
    print("it may print,", "and read nothing:", sys.stdin.read())
    with socket.socket() as line:
        line.settimeout(1)
        time.time(), random.random(), uuid.uuid4()
        return Delivery.delivered()


@good(NOTIFIERS)
@dataclass(frozen=True)
class WritesLetters:
    """Write a letter."""

    paper: tuple[str, ...] = setting(("A4",), title="Paper")

    def deliver(self, message: Message) -> Delivery:
        if not message.recipient.addresses.get("email"):
            return Delivery.give_up(Words("{name} has no address", name=message.recipient.name))
        return Delivery.delivered()


WORDS = {
    "zh-hans": {
        "Plugins that the conformance kit must catch, and by which of its checks; and good ones that it must let pass.": "样",
        "Draw lots from a seed, and use much of the standard library on the way.": "按种子抽签。",
        "Rank task by task, or all at once.": "逐个排，或一起排。",
        "Make a task for each line of which there is enough.": "够数的明细各一个任务。",
        "Write a letter.": "写信。",
        "Seed": "种子",
        "Least quantity": "最少数量",
        "Less is made with another task.": "更少的并入其他任务。",
        "Paper": "纸",
        "min": "分",
        "{minutes} min open": "未完成 {minutes} 分钟",
        "{people} people": "{persons} 人",
        "{share} of it since {hour}": "{hour} 点起占 {share}",
        "{name} has no address": "{name} 没有地址",
    }
}


class TellsItsSecret(DrawsFromASeed):
    """Draw lots from a seed."""

    def __repr__(self) -> str:
        return f"TellsItsSecret({self.token})"
