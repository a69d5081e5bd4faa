"""What the frame of the console says; each room has its own words."""

from resources.words import Words
from serving.answers import Said

MENU = Words("主菜单", "Main menu")
SKIP = Words("跳到正文", "Skip to the content")
LANGUAGE = Words("语言", "Language")
LOG_OUT = Words("退出登录", "Log out")
LOG_IN = Words("登录", "Log in")
KEY = Words("密钥", "Key")
KEY_HINT = Words(
    "以 zk_ 开头的一串字符。没有密钥？请管理员在服务器上运行 zhike key make 名字 --scope read --scope marketing。",
    "It begins with zk_. None yet? Whoever runs the server makes one: zhike key make NAME --scope read --scope marketing.",
)
WELCOME = Words("欢迎回来", "Welcome back")
LOG_IN_LEAD = Words("用密钥登录，查看本店的客户。", "Log in with your key to see the customers of this shop.")
KEPT = Words(
    "登录 12 小时内有效；密钥不会保存在浏览器里。",
    "You stay logged in for 12 hours; the key itself is not kept in the browser.",
)
WRONG_KEY = Words(
    "密钥不对，或已被撤销。请核对后重试。", "This is no valid key, or it was revoked. Check it and try again."
)
AS_OF = Words("数据截至 {as_of}（只用此日之前已知的数据）", "As of {as_of}, from what was known before that day")
VERSION = Words("版本 {version}", "version {version}")
FRESH = Words("{fresh_at} 发布", "published {fresh_at}")
BACK = Words("回到今日", "Back to Today")
RULES = Words("怎么看", "How to read it")
CHART_NUMBERS = Words("这张图的数字", "The numbers of this chart")
EMPTY = Words("还没有可以显示的内容。", "There is nothing to show yet.")

LISTS = Words("客户名单", "Lists of customers")
WHOLE_LIST = Words("导出整份名单：", "The whole list as a file:")
KINDS_OF_FILE = {"csv": Words("CSV", "CSV"), "xlsx": Words("Excel", "Excel"), "parquet": Words("Parquet", "Parquet")}
SORT = Words("排序", "Sort by")
CUSTOMER = Words("客户", "Customer")
NEXT_PAGE = Words("下一页", "Next page")
FIRST_OF_LIST = Words(
    "这里显示价值最高的 {0} 位；导出的文件里有全部客户。", "These are the {0} worth most; the file has everybody."
)

QUERY = Words("数字的来源", "Where a number comes from")
QUERY_LEAD = Words(
    "下面的查询在已发布的快照（版本 {version}，截至 {as_of}）上重新计算了这个数字。",
    "The query below has just computed this number anew from the published snapshot (version {version}, as of {as_of}).",
)
RESULT = Words("计算结果", "Result")
NO_RESULT = Words("没有结果：这一行不在数据里。", "No result: the data have no such row.")
ABOUT_ROW = Words("针对", "For")
NAME = Words("名称", "Name")
TABLES = Words("用到的表", "Tables that it reads")
TABLE, HOLDS, ROWS = Words("表", "Table"), Words("内容", "What it holds"), Words("行数", "Rows")
SQL = Words("查询（SQL）", "Query (SQL)")
ASK_AGAIN = Words(
    "分析人员可以在快照里的 zhike.duckdb 上运行同一条查询{row}。",
    "An analyst can run the same query on zhike.duckdb of the snapshot{row}.",
)
WITH_ROW = Words("，$row 取“{0}”", ", with $row as “{0}”")

NO_PAGE = Said(
    Words("没有这个页面", "There is no such page"),
    Words("请从菜单重新进入。", "Use the menu to find what you look for."),
)
NO_ROOM = Said(
    Words("本店没有“{0}”这一页", "This shop has no page {0}"),
    Words("它所需的数据还没有接入或还没有算出来。", "The data that it needs are not delivered, or not worked out yet."),
)
NO_QUERY = Said(
    Words("没有名为“{0}”的查询", "There is no query named {0}"),
    Words("请从页面上的数字点进来。", "Click a number on a page to see its query."),
)
NO_ROW = Said(
    Words("查询读不懂“{0}”", "The query cannot read “{0}”"),
    Words("请从页面上的数字点进来。", "Click a number on a page to see its query."),
)
NO_SCOPE = Said(
    Words("您的密钥没有权限看这一页", "Your key does not open this page"),
    Words(
        "需要带有以下权限之一的密钥：{0}。请找管理员。",
        "It takes a key with one of the scopes {0}: ask whoever runs the server.",
    ),
)
STALE_FORM = Said(
    Words("这个表单已经失效", "This form is out of date"),
    Words("请回到页面，刷新后再提交。", "Go back, reload the page and send it again."),
)
