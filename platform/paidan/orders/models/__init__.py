from paidan.orders.models.deed import Deed
from paidan.orders.models.order import ApprovalEntry, NumberSeries, WorkOrder
from paidan.orders.models.parts import OrderLine, OrderMaterial, OrderStep, OrderTooling
from paidan.orders.models.task import DispatchDecision, Task, TaskProgress, Workload

__all__ = [
    "ApprovalEntry",
    "Deed",
    "DispatchDecision",
    "NumberSeries",
    "OrderLine",
    "OrderMaterial",
    "OrderStep",
    "OrderTooling",
    "Task",
    "TaskProgress",
    "WorkOrder",
    "Workload",
]
