"""What stands in the workbooks of orders and tasks."""

from django.utils.translation import gettext_lazy as _

from paidan.backoffice.exporting import Column

ORDER_COLUMNS = (
    Column(_("order number"), "number"), Column(_("customer"), "customer"), Column(_("order date"), "order_date"),
    Column(_("due date"), "due_date"), Column(_("priority"), "priority"), Column(_("approval"), "approval"),
    Column(_("progress"), "progress"), Column(_("tasks done"), "done"), Column(_("tasks"), "all"),
    Column(_("print run"), "print_run"), Column(_("spoilage allowance"), "spoilage"),
    Column(_("printing"), "printing_type"), Column(_("colours"), "colours"),
    Column(_("total amount"), "total_amount"), Column(_("order maker"), "maker"),
    Column(_("salesperson"), "salesperson"), Column(_("approved by"), "approved_by"),
    Column(_("approved at"), "approved_at"), Column(_("created at"), "created_at"), Column(_("notes"), "notes"),
)  # fmt: skip
TASK_COLUMNS = (
    Column(_("order"), "step.order.number"), Column(_("customer"), "step.order.customer"),
    Column(_("step"), "step.sequence"), Column(_("process"), "step.process"), Column(_("content"), "content"),
    Column(_("status"), "status"), Column(_("waits for"), "waits"), Column(_("department"), "department"),
    Column(_("operator"), "operator"), Column(_("planned"), "planned"), Column(_("good"), "good"),
    Column(_("waste"), "waste"), Column(_("priority"), "priority"), Column(_("due"), "due"),
    Column(_("expected minutes"), "minutes"), Column(_("notes"), "notes"), Column(_("started at"), "started_at"),
    Column(_("completed at"), "completed_at"), Column(_("created at"), "created_at"),
)  # fmt: skip
