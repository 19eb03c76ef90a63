"""The workshops' part of a played day: tasks are assigned, claimed, begun, reported, split, given back, done."""

from collections.abc import Callable, Iterable
from functools import partial
from random import Random
from typing import Any

from paidan.catalog import actions as catalog
from paidan.errors import Refused
from paidan.insight.play_ledger import Ledger
from paidan.orders.actions import adding
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.models import OrderMaterial, OrderTooling, Task, WorkOrder
from paidan.orders.models.order import Progress
from paidan.orders.models.task import OPEN, Status
from paidan.people import access
from paidan.people.models import User

WAITS = ("blocked", "material_missing", "not_handed_over")


class Floor:
    """Supervisors and operators of every department."""

    def __init__(self, ledger: Ledger, chance: Random, approver: User) -> None:
        self.ledger, self.chance, self.approver = ledger, chance, approver
        self.crews = self._people(access.CLAIM)
        self.supervisors = self._people(access.DISPATCH)

    def _people(self, right: str) -> dict[int, list[User]]:
        holders = access.holders(right)
        people = User.objects.in_bulk({person for crew in holders.values() for person in crew})
        return {department: [people[person] for person in sorted(crew)] for department, crew in holders.items()}

    def often(self, share: float) -> bool:
        """True so often."""
        return self.chance.random() < share

    def prepare(self, orders: Iterable[WorkOrder]) -> None:
        """Material comes in; cutting that is tried before has to wait."""
        for row in OrderMaterial.objects.filter(order__in=list(orders)).select_related("order").order_by("pk"):
            if row.supply != OrderMaterial.Supply.IN:
                self.ledger.ask("receive", life.receive, row, by=self.approver)
            if self.often(0.1):
                self.ledger.must_refuse("receive", "already_in", life.receive, row, by=self.approver)

    def confirm(self, orders: Iterable[WorkOrder]) -> None:
        """Artwork, dies and plates of these orders are found right."""
        for row in OrderTooling.objects.filter(order__in=list(orders)).select_related("tooling").order_by("pk"):
            if row.tooling.confirmed_at is None:
                may = {"already_confirmed"}  # another order has it too
                self.ledger.ask("confirm", catalog.confirm, row.tooling, by=self.approver, may=may)

    def round(self, orders: Iterable[WorkOrder]) -> bool:
        """Everybody does something with each open task that is due; says whether anything moved."""
        moved, waiting = False, set()
        for task in self._open(orders):
            order = task.step.order
            if order.progress == Progress.PAUSED or order.pk in waiting:
                continue
            before = self.ledger.done.total()
            if task.operator_id is None:
                task = self._find_a_hand(task)
            if task.operator_id and not self._go_on(task):
                waiting.add(order.pk)  # what comes later on this order waits too
            moved = moved or self.ledger.done.total() > before
        return moved

    def _open(self, orders: Iterable[WorkOrder]) -> list[Task]:
        rows = Task.objects.filter(step__order__in=list(orders), status__in=OPEN, department__isnull=False)
        related = ("step__order", "step__process", "department", "operator")
        return list(rows.select_related(*related).order_by("step__order", "step__sequence", "step__ref", "pk"))

    def _find_a_hand(self, task: Task) -> Task:
        """A supervisor gives it to somebody, or whoever is quickest takes it."""
        crew = self.crews.get(task.department_id or 0, [])
        if not crew:
            return task
        bosses = self.supervisors.get(task.department_id or 0, [])
        if bosses and self.often(0.25):
            self._assign(task, bosses[0], crew)
        elif len(crew) > 1 and self.often(0.6):
            self._race(task, crew)
        else:
            self.ledger.ask("claim", work.claim, task, by=self.chance.choice(crew), may={"limit_reached"})
        task.refresh_from_db()
        return task

    def _assign(self, task: Task, boss: User, crew: list[User]) -> None:
        if self.often(0.2):
            values = {"by": boss, "to": self.approver}
            self.ledger.must_refuse("assign", "not_in_department", work.assign, task, **values)
        to = self.chance.choice(crew)
        given = self.ledger.ask("assign", work.assign, task, by=boss, to=to, may={"limit_reached"})
        if not isinstance(given, Refused):
            rival = next((person for person in crew if person != to), None)
            if rival:
                self.ledger.must_refuse("claim", "already_taken", work.claim, task, by=rival)

    def _race(self, task: Task, crew: list[User]) -> None:
        """Two to four claims at the same moment, a double tap among them: one wins, the others hear who has it."""
        racers = self.chance.sample(crew, min(len(crew), self.chance.randrange(2, 5)))
        if len(racers) < 4 and self.often(0.3):
            racers.append(racers[0])
        claims: list[Callable[[], Any]] = [partial(work.claim, task, by=person) for person in racers]
        outcomes = self.ledger.race("claim_race", claims, {"already_taken", "limit_reached"})
        won = [
            person
            for person, outcome in zip(racers, outcomes, strict=True)
            if isinstance(outcome, work.Claim) and not outcome.already_claimed
        ]
        holder = Task.objects.get(pk=task.pk).operator_id
        nobody = not won and all(getattr(outcome, "code", "") == "limit_reached" for outcome in outcomes)
        if not nobody and [person.pk for person in won] != [holder]:
            names = ", ".join(str(person) for person in won) or "nobody"
            self.ledger.problems.append(f"race for task {task.pk}: won by {names}, held by {holder}")

    def _go_on(self, task: Task) -> bool:
        """What its operator or supervisor does next with a task; False when it has to wait."""
        ask, me = self.ledger.ask, task.operator
        assert me is not None
        if self.often(0.05):
            ask("release", work.release, task, by=me)
        elif self.often(0.06) and task.planned - max(1, task.good + task.waste) > 1:
            pieces = self.chance.randrange(1, task.planned - max(1, task.good + task.waste))
            ask("split", adding.split, task, by=self._boss(task), pieces=pieces)
            self.ledger.must_refuse("split", "bad_quantity", adding.split, task, by=self._boss(task), pieces=10**9)
        elif self.often(0.02):
            ask("cancel_task", work.cancel, task, by=self._boss(task), reason="改外发")
            self.ledger.must_refuse("start", "is_cancelled", work.start, task, by=me)
        elif task.status == Status.PENDING and self.often(0.5):
            return not isinstance(ask("start", work.start, task, by=me, may=WAITS), Refused)
        elif task.remaining and self.often(0.55):
            return self._report(task, me)
        else:
            return self._complete(task, me)
        return True

    def _boss(self, task: Task) -> User:
        return next(iter(self.supervisors.get(task.department_id or 0, ())), self.approver)

    def _report(self, task: Task, me: User) -> bool:
        """A part of the pieces, some of them waste; the impossible and the outdated is tried now and then."""
        spare = max(0, task.allowance - task.waste)
        waste = self.chance.randrange(0, spare + 1) if self.often(0.3) else 0
        good = self.chance.randrange(1, task.remaining + 1)
        if self.often(0.1):
            wrong = task.version + 1
            self.ledger.must_refuse("report", "stale", work.report, task, by=me, good=good, version=wrong)
        if self.often(0.1):
            self.ledger.must_refuse("report", "too_many", work.report, task, by=me, good=10**9)
        values: dict[str, Any] = {"by": me, "good": good, "waste": waste, "version": task.version}
        return self._settled("report", partial(work.report, task, **values))

    def _complete(self, task: Task, me: User) -> bool:
        """All that is missing, or fewer pieces with a note."""
        if task.remaining > 1 and self.often(0.15):
            self.ledger.must_refuse("complete", "reason_required", work.complete, task, by=me, good=task.remaining - 1)
            values: dict[str, Any] = {"by": me, "good": task.remaining - 1, "note": "少一件，已与主管确认"}
            return self._settled("complete", partial(work.complete, task, **values))
        return self._settled("complete", partial(work.complete, task, by=me, version=task.version))

    def _settled(self, verb: str, act: Callable[[], Any]) -> bool:
        outcome = self.ledger.ask(verb, act, may={*WAITS, "tooling_not_confirmed"})
        return not isinstance(outcome, Refused) or outcome.code == "tooling_not_confirmed"  # plates hold nobody up

    def hold(self, order: WorkOrder) -> None:
        """Pause an order, see that nothing moves on it, and let it go on."""
        order.refresh_from_db()
        if order.progress in (Progress.COMPLETED, Progress.CANCELLED):
            self.ledger.must_refuse("resume", _held_code(order), life.resume, order, by=self.approver)
            return
        self.ledger.ask("pause", life.pause, order, by=self.approver, reason="等客户确认颜色")
        self.ledger.must_refuse("pause", "order_paused", life.pause, order, by=self.approver)
        for task in self._open([order])[:2]:
            crew = self.crews.get(task.department_id or 0, [])
            if crew:
                self.ledger.must_refuse("claim", "order_paused", work.claim, task, by=crew[0])
        self.ledger.ask("resume", life.resume, order, by=self.approver)


def _held_code(order: WorkOrder) -> str:
    return "cancelled" if order.progress == Progress.CANCELLED else "already_approved"
