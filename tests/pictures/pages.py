"""Which pages are pictured, as whom and in which looks; and which are not, and why."""

from dataclasses import dataclass

WIDE, PHONE, ENGLISH, DARK = "zh-light-1366", "zh-light-390", "en-light-1366", "zh-dark-1366"
LOOKS = [
    f"{language}-{tone}-{width}" for language in ("zh", "en") for tone in ("light", "dark") for width in (1366, 390)
]
ROLES = {
    "": "未登录",
    "maker": "制单员",
    "sales": "业务员",
    "approver": "审核",
    "supervisor": "部门主管",
    "operator": "操作员",
    "admin": "系统管理员",
    "production0": "没有任务的主管",
    "production1": "新来的操作员",
}
"""The demo's people, and how the index calls them."""


@dataclass(frozen=True)
class Page:
    """One page as the person sees it who uses it most.

    `url` is the name in the URL configuration, `row` the row of the demo that it shows (`house.rows`). Before the picture
    is taken, `types` is filled in and `sends` pressed, then the `keys`, then `opens` is clicked; `says` is the template
    of an answer that a browser cannot provoke.
    """

    name: str
    title: str
    who: str
    url: str
    row: str = ""
    query: str = ""
    looks: tuple[str, ...] = (WIDE,)
    opens: str = ""
    keys: str = ""
    types: tuple[tuple[str, str], ...] = ()
    sends: str = ""
    says: str = ""
    status: int = 200

    @property
    def files(self) -> dict[str, str]:
        """The picture of each look; the first one has the plain name."""
        return {
            look: f"{self.name}.webp" if look == self.looks[0] else f"{self.name}.{look}.webp" for look in self.looks
        }


def verb(path: str) -> str:
    """The button that opens a verb's dialog."""
    return f'a[href$="/{path}/"]'


ORDER, TASK = "admin:orders_workorder_", "admin:orders_task_"
PAGES = (
    # --- at the door
    Page("sign-in", "登录", "", "sign_in", looks=(WIDE, PHONE, ENGLISH)),
    Page(
        "sign-in-refused", "登录被拒绝", "", "sign_in",
        types=(("#id_username", "operator"), ("#id_password", "不知道")), sends="button[type=submit]",
    ),
    Page("second-step", "登录的第二步", "admin", "second_step"),
    Page("password", "修改密码", "operator", "admin:password_change", looks=(PHONE,)),
    # --- the start page of each role
    Page("home-maker", "首页", "maker", "admin:index", looks=(WIDE, ENGLISH)),
    Page("home-sales", "首页", "sales", "admin:index"),
    Page("home-approver", "首页", "approver", "admin:index", looks=(WIDE, DARK)),
    Page("home-supervisor", "首页", "supervisor", "admin:index", looks=(WIDE, PHONE)),
    Page("home-operator", "首页", "operator", "admin:index", looks=(PHONE,)),
    Page("home-admin", "首页", "admin", "admin:index"),
    Page("search", "查找页面", "maker", "admin:index", keys="Control+k"),
    # --- orders
    Page("orders", "施工单列表", "maker", f"{ORDER}changelist", looks=(WIDE, ENGLISH, PHONE)),
    Page("orders-filters", "筛选施工单", "approver", f"{ORDER}changelist", opens=".filter-open-button"),
    Page("orders-none", "什么也没找到", "maker", f"{ORDER}changelist", query="?q=%E6%B2%A1%E6%9C%89"),
    Page("order-new", "新建施工单", "maker", f"{ORDER}add"),
    Page("order-draft", "草稿施工单和它的任务", "maker", f"{ORDER}change", row="draft", looks=(WIDE, PHONE)),
    Page(
        "order-plan", "改单前先看任务怎么变", "maker", f"{ORDER}change", row="draft",
        types=(("#id_print_run", "2600"),), sends="[name=_save]",
    ),
    Page("order-add-task", "手工加任务", "maker", f"{ORDER}change", row="draft", opens=verb("add-task")),
    Page("order-submit", "提交审核", "maker", f"{ORDER}change", row="draft", opens=verb("submit")),
    Page("order-copy", "复制施工单", "maker", f"{ORDER}change", row="draft", opens=verb("copy")),
    Page("order-rejected", "被驳回的施工单", "sales", f"{ORDER}change", row="rejected"),
    Page("order-reject", "驳回", "approver", f"{ORDER}change", row="submitted", opens=verb("reject")),
    Page("order-approve", "审核通过", "approver", f"{ORDER}change", row="submitted", opens=verb("approve")),
    Page("order-approved", "已审核的施工单", "approver", f"{ORDER}change", row="approved", looks=(WIDE, DARK)),
    Page("order-no-prices", "主管看到的施工单（没有价格）", "supervisor", f"{ORDER}change", row="approved"),
    Page("order-timeline", "一张单的经过", "approver", f"{ORDER}timeline", row="started"),
    Page("order-history", "修改记录", "approver", f"{ORDER}history", row="started"),
    Page("traveller", "随工单", "maker", f"{ORDER}traveller", row="approved"),
    Page("import", "导入施工单", "maker", "import_orders"),
    Page("import-review", "导入前的检查", "maker", "import_review", row="upload"),
    Page("materials-to-come", "待到物料", "approver", "admin:orders_ordermaterial_changelist"),
    # --- tasks
    Page("tasks", "任务列表", "supervisor", f"{TASK}changelist", looks=(WIDE, ENGLISH)),
    Page("tasks-operator", "任务列表", "operator", f"{TASK}changelist", looks=(PHONE,)),
    Page("task", "任务", "supervisor", f"{TASK}change", row="pooled"),
    Page("task-assign", "指派", "supervisor", f"{TASK}change", row="pooled", opens=verb("assign")),
    Page("task-split", "拆分", "supervisor", f"{TASK}change", row="pooled", opens=verb("split")),
    Page("task-cancel", "取消任务", "supervisor", f"{TASK}change", row="pooled", opens=verb("cancel-task")),
    Page("task-operator", "自己的任务", "operator", f"{TASK}change", row="mine", looks=(PHONE,)),
    Page("task-report", "报工", "operator", f"{TASK}change", row="mine", opens=verb("report"), looks=(PHONE,)),
    Page("task-history", "任务的修改记录", "supervisor", f"{TASK}history", row="pooled"),
    # --- the floor
    Page("centre", "操作员中心", "operator", "centre", looks=(PHONE, WIDE)),
    Page("centre-task", "操作员中心的一项任务", "operator", "centre_task", row="mine", looks=(PHONE,)),
    Page("centre-none", "没有任务的操作员中心", "production1", "centre", looks=(PHONE,)),
    Page("board", "主管看板", "supervisor", "board", row="printing", looks=(WIDE, PHONE, DARK)),
    Page("board-choose", "选择看板", "approver", "board_choose"),
    Page("board-all", "全厂看板", "approver", "board_all"),
    Page("board-none", "没有任务的看板", "production0", "board", row="production"),
    Page("walls", "大屏链接", "supervisor", "walls"),
    Page("wall-code", "大屏的二维码", "supervisor", "wall_code", row="screen"),
    Page("wall", "车间大屏", "", "wall", row="wall"),
    # --- dispatch
    Page("dispatching", "分派设置", "admin", "dispatching", query="?process=PRT", looks=(WIDE, ENGLISH, PHONE)),
    Page("rules", "分派规则", "supervisor", "admin:dispatch_dispatchrule_changelist"),
    Page("rule", "一条分派规则", "admin", "admin:dispatch_dispatchrule_change", row="rule"),
    Page("switch", "分派开关", "admin", "admin:dispatch_dispatchswitch_change", row="switch"),
    Page("decisions", "分派依据", "approver", "admin:orders_dispatchdecision_changelist"),
    Page("decision", "为什么分到这里", "approver", "admin:orders_dispatchdecision_change", row="decision"),
    Page("workloads", "工作量", "approver", "admin:orders_workload_changelist"),
    # --- notifications
    Page("bell", "通知", "supervisor", "admin:index", opens=".pn-bell"),
    Page("notifications", "全部通知", "supervisor", "admin:notices_notification_changelist", looks=(WIDE, PHONE)),
    Page("notifications-none", "没有通知", "production1", "admin:notices_notification_changelist", looks=(PHONE,)),
    Page("notification-settings", "通知方式", "supervisor", "notification_preferences"),
    Page("notice-rules", "通知规则", "admin", "admin:notices_rule_changelist"),
    Page("notice-rule", "一条通知规则", "admin", "admin:notices_rule_change", row="notice_rule"),
    Page("notice-rule-trial", "在过去的事上试规则", "admin", "admin:notices_rule_try_out", row="notice_rule"),
    Page("deliveries", "发送中的消息", "admin", "admin:notices_delivery_changelist"),
    # --- what the shop knows
    Page("customers", "客户", "maker", "admin:catalog_customer_changelist"),
    Page("customer-new", "新建客户", "maker", "admin:catalog_customer_add"),
    Page("products", "产品", "maker", "admin:catalog_product_changelist"),
    Page("product", "产品和它的常用工序", "maker", "admin:catalog_product_change", row="product"),
    Page("materials", "物料", "maker", "admin:catalog_material_changelist"),
    Page("tooling", "版和模具", "maker", "admin:catalog_tooling_changelist"),
    Page("tooling-picture", "一块刀模和它的图片", "maker", "admin:catalog_tooling_change", row="die"),
    Page("processes", "工序", "admin", "admin:catalog_process_changelist"),
    Page("process", "一道工序", "admin", "admin:catalog_process_change", row="process"),
    # --- people and the platform
    Page("people", "人员", "admin", "admin:people_user_changelist"),
    Page("person-new", "新建人员", "admin", "admin:people_user_add"),
    Page("person", "一个人", "admin", "admin:people_user_change", row="person"),
    Page("person-place", "安排岗位", "admin", "place_person", row="person"),
    Page("person-view-as", "以他的身份看", "admin", "admin:people_user_change", row="person", opens=verb("view-as")),
    Page("person-password", "重设密码", "admin", "admin:auth_user_password_change", row="person"),
    Page("viewings", "以他人身份查看的记录", "admin", "admin:people_viewing_changelist"),
    Page("departments", "部门", "admin", "admin:people_department_changelist"),
    Page("department-delete", "删除部门前的确认", "admin", "admin:people_department_delete", row="printing"),
    Page("roles", "角色和岗位", "admin", "admin:auth_group_changelist"),
    Page("role", "一个岗位", "admin", "admin:auth_group_change", row="post"),
    Page("skills", "技能", "admin", "admin:catalog_skill_changelist"),
    Page("sign-ins", "登录记录", "admin", "admin:axes_accesslog_changelist"),
    Page("sign-ins-failed", "登录失败", "admin", "admin:axes_accessfailurelog_changelist"),
    Page("plugins", "插件", "admin", "admin:registry_plugin_changelist"),
    Page("plugin", "一个插件", "admin", "admin:registry_plugin_change", row="plugin"),
    Page("changes", "全部变更", "approver", "all_changes", looks=(WIDE, ENGLISH)),
    # --- when there is nothing
    Page("no-permission", "没有权限", "operator", "admin:catalog_customer_changelist", status=403),
    Page("missing", "没有这一页", "operator", f"{ORDER}change", row="missing", status=404),
    Page("broken", "出错了", "operator", "admin:index", says="500.html", status=500),
    Page("too-old", "页面过期", "operator", "admin:index", says="403_csrf", status=403),
)  # fmt: skip

LEFT_OUT = {
    "home_now": "首页的一部分",
    "set_language": "切换语言后回到原页",
    "login": "登录页的另一个地址，见 sign-in",
    "logout": "退出后就是登录页",
    "password_change_done": "一句话",
    "sign_in_code": "要一次性验证码",
    "sign_in_password": "只在首次登录时出现",
    "second_step_on": "要扫一次性二维码",
    "stop_viewing": "回到自己的页面",
    "jsi18n": "不是页面",
    "view_on_site": "转到这一行的页面",
    "autocomplete": "下拉框的数据",
    "search": "查找框的结果，见 search",
    "app_list": "菜单的一组，没有人从菜单走到这里",
    "import_template": "一个 Excel 文件",
    "dispatching_preview": "分派设置页的一部分",
    "dispatching_confirm": "确认后回到分派设置页",
    "board_all_cards": "看板的一部分",
    "board_cards": "看板的一部分",
    "board_give": "看板的动作",
    "wall_now": "大屏的一部分",
    "wall_revoke": "撤销后回到大屏链接页",
    "centre_do": "操作员中心的动作",
    "centre_worker": "不是页面",
    "centre_manifest": "不是页面",
    "notices_panel": "通知面板，见 bell",
    "notices_poll": "不是页面",
    "notices_read": "不是页面",
    "notices_shown": "不是页面",
    "tooling_picture": "一张图片，见 tooling-picture",
    "*_simple_history": "一次修改的旧样子，与编辑页相同",
    "*_views": "保存筛选后回到列表",
    "*_export": "一个 Excel 文件",
    "*_history": "与施工单的修改记录相同",
    "*_delete": "与删除部门前的确认相同",
    "*_add": "与同类的编辑页相同，空着",
    "*_change": "与同类的编辑页相同",
    "registry_plugin_*": "插件页上的对话框",
    "people_user_*": "人员页上的对话框",
    "catalog_tooling_confirm": "一个确认对话框",
    "orders_ordermaterial_receive": "一个确认对话框",
    "orders_workorder_drafts": "施工单页的一部分",
    "orders_workorder_tasks": "施工单页的一部分",
    "orders_workorder_*": "施工单页上的对话框，与 order-submit 相同",
    "orders_task_*": "任务页上的对话框，与 task-assign 相同",
    "axes_accessattempt_changelist": "锁定期间才有内容，与登录失败相同",
    "dispatch_dispatchswitch_changelist": "只有一行，直接打开它",
}
"""Addresses without a picture of their own, by name or pattern, and the reason."""
