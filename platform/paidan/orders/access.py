"""Who may do what with which order and task: asked at the edge, with the row in hand."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.orders.models.task import OPEN
from paidan.people import access
from paidan.people.models import Department, User


def may_edit(user: User, order: WorkOrder) -> bool:
    """Makers and sales before approval, approvers afterwards; nobody while it waits or when it is cancelled."""
    if order.progress == Progress.CANCELLED or order.approval == Approval.SUBMITTED:
        return False
    if order.approval == Approval.APPROVED:
        return user.has_perm("orders.change_approved_order")
    return user.has_perm("orders.change_workorder")


def may_submit(user: User, order: WorkOrder) -> bool:
    """Whoever may write orders hands them in and takes them back."""
    return user.has_perm("orders.submit_workorder")


def may_approve(user: User, order: WorkOrder) -> bool:
    """Approvers."""
    return user.has_perm("orders.approve_workorder")


def may_hold(user: User, order: WorkOrder) -> bool:
    """Approvers pause, resume and cancel; before approval the writer may cancel too."""
    if order.approval == Approval.APPROVED:
        return user.has_perm("orders.change_approved_order")
    return user.has_perm("orders.submit_workorder")


def may_edit_drafts(user: User, order: WorkOrder) -> bool:
    """Whoever may change the order now."""
    return may_edit(user, order) and user.has_perm("orders.edit_draft_task")


def may_assign(user: User, task: Task) -> bool:
    """Superuser, approver, the maker of the order, the supervisor of the task's department."""
    if user.is_superuser or user.has_perm("orders.approve_workorder"):
        return True
    if task.order.maker_id == user.pk and user.has_perm("orders.assign_task"):
        return True
    return access.may_in(user, access.DISPATCH, task.department_id)


def assignable(user: User) -> Q:
    """The same of many tasks at once, as a condition."""
    if user.is_superuser or user.has_perm("orders.approve_workorder"):
        return Q()
    own = Q(department__in=sorted(access.sight(user).departments[access.DISPATCH]))
    return own | Q(step__order__maker=user.pk) if user.has_perm("orders.assign_task") else own


def may_place(user: User) -> bool:
    """Whether there are departments that this person may put tasks into. No query of its own."""
    if not (user.has_perm("orders.assign_task") or user.has_perm("orders.approve_workorder")):
        return False
    see = access.sight(user)
    return see.everything or bool(see.departments[access.DISPATCH])


def places(user: User) -> QuerySet[Department]:
    """The departments that this person may put tasks into: all for who sees everything, the own ones for the others."""
    active = Department.objects.filter(is_active=True)
    see = access.sight(user)
    return active if see.everything else active.filter(pk__in=see.departments[access.DISPATCH])


def hands(departments: Iterable[int]) -> QuerySet[User]:
    """The people who may be given tasks of these departments."""
    operators = access.holders(access.CLAIM)
    return User.objects.filter(pk__in={pk for place in departments for pk in operators.get(place, ())})


def leads(user: User) -> QuerySet[Department]:
    """The departments whose work this person answers for: superuser, approver, supervisor of the department."""
    everywhere = user.is_superuser or user.has_perm("orders.approve_workorder")
    active = Department.objects.filter(is_active=True)
    return active if everywhere else active.filter(pk__in=access.sight(user).departments[access.DISPATCH])


def may_lead(user: User) -> bool:
    """Whether this person answers for the work of any department. No query of its own."""
    if user.is_superuser or user.has_perm("orders.approve_workorder"):
        return True
    return user.has_perm("orders.assign_task") and bool(access.sight(user).departments[access.DISPATCH])


def may_claim(user: User, task: Task) -> bool:
    """Operators, in their own departments."""
    return access.may_in(user, access.CLAIM, task.department_id)


def may_work(user: User, task: Task) -> bool:
    """The operator who holds the task, and the supervisor of its department on that operator's behalf."""
    if user.is_superuser or task.operator_id == user.pk:
        return True
    return task.operator_id is not None and access.may_in(user, access.DISPATCH, task.department_id)


def may_cancel_task(user: User, task: Task) -> bool:
    """Supervisors of the department, approvers; the maker of the order too."""
    return user.has_perm("orders.cancel_task") and may_assign(user, task)


def is_open(task: Task) -> bool:
    """Whether anything can still be done with the task."""
    return task.status in OPEN
