"""What errors, quarantine and failures say in English, and the same in Chinese, told by pattern.

Errors travel through Dagster's event log and reasons through tables as text, so they are English there and are worded anew where a person
reads them. What stands in a pattern's fields (names, values, words of the engine) stays as it is, unless it is a sentence of the catalogue itself.
"""

import re
from functools import cache
from string import Formatter

from resources.words import Words

PLACES = [
    Words("{0}\n  在：{1}\n  怎么办：{2}", "{}\n  where: {}\n  what to do: {}"),
    Words("{0}，第 {1} 行：{2}", "{}, line {}: {}"),
    Words("{0}，第 {1} 行：{2}", "{}, row {}: {}"),
    Words("{0}，第 {1} 条记录：{2}", "{}, record {}: {}"),
    Words("{0}（{1}%）", "{} ({}%)"),
    Words("{0}，第 {1} 行", "{}, line {}"),
    Words("{0}，第 {1} 行", "{}, row {}"),
    Words("{0}，第 {1} 条记录", "{}, record {}"),
]
REASONS = [
    Words("{0} 没有值", "{} is missing"),
    Words("{0} 不是整数", "{} is no whole number"),
    Words("{0} 读不成 {1}", "{} cannot be read as {}"),
    Words("{0} 不是 {1} 之一", "{} is none of {}"),
    Words("{0} 是科学计数法：文件被电子表格存过，末几位已经丢失", "{} is in exponent notation: the file was saved by a spreadsheet, digits are lost"),
    Words("{0} 是 0", "{} is 0"),
    Words("{0} 超过 {1}", "{} is beyond {}"),
    Words("商品明细的价格是负数", "line of a product has a negative price"),
    Words("{0} 是负数", "{} is negative"),
    Words("折扣比这一行的金额还大", "discount is larger than its line"),
    Words("折扣与数量的正负号不同", "discount has another sign than its quantity"),
    Words("这一行的货币不是店铺的货币", "the line is in another currency than the shop"),
    Words("{0} 小于 1", "{} is below 1"),
    Words("评分不在 1 到 5 之间", "rating is not 1 to 5"),
    Words("{0} 不可能", "{} is impossible"),
    Words("早于开店第一天", "it happened before the shop's start"),
    Words("晚于交付那天", "it happened after its delivery"),
    Words("{0} 早于 {1}", "{} lies before {}"),
    Words("{0} 比交付晚了一年以上", "{} lies more than a year after its delivery"),
    Words("这条记录和文件对不上：{0}", "the record does not fit its file: {}"),
    Words("这条记录不是 {0} 编码", "the record is not {}"),
    Words("有 {0} 个字段，表头有 {1} 个", "it has {} fields, the header has {}"),
    Words("引号没有闭合", "its quotes do not close"),
    Words("太长", "it is too long"),
    Words("不是每个名字只出现一次的 JSON 对象", "it is no JSON object with names that stand once"),
]  # fmt: skip
FILES = [
    Words("不能读 .{0} 结尾的文件", "a file ending in .{} cannot be read"),
    Words("请用 {0}；文本和 JSON 可以压缩（.gz、.zst）", "use {}; text and JSON may be packed (.gz, .zst)"),
    Words("文件是空的", "the file is empty"),
    Words("请交带表头的文件；没有业务的日子也交，只是没有行", "deliver it with a header, and no rows for a day on which nothing happened"),
    Words("最后一行没有结束，像是文件被截断了", "the last line has no end, as of a file that was cut"),
    Words("最后一行没有结束，像是文件被截断了：第 {0} 行", "the last line has no end, as of a file that was cut: line {}"),
    Words("列表没有结束，像是文件被截断了", "the list has no end, as of a file that was cut"),
    Words("请完整地重新交付", "deliver it again, whole"),
    Words("请完整地重新交付；如果系统总是这样写，在来源里写 `open_end: true`", "deliver it again, whole; where its system always writes so, set `open_end: true` at its source"),
    Words("文件不是文本", "the file is not text"),
    Words("请按来源声明的格式交付：一张文本表格", "deliver what the source declares: a table as text"),
    Words("文件不是 {0} 编码：第 {1} 行", "the file is not {}: line {}"),
    Words("文件不是 {0} 编码：{1}", "the file is not {}: {}"),
    Words("在来源里写 `encoding: {0}`", "set `encoding: {}` at its source"),
    Words("改正来源里的 `encoding`", "correct `encoding` at its source"),
    Words("文件被截断或损坏：{0}", "the file is cut or damaged: {}"),
    Words("第 {0} 行：{1}，{3} 条记录里有 {2} 条如此", "line {}: {}, and so are {} of {} records"),
    Words("第 {0} 行：{1}，{3} 行里有 {2} 行如此", "line {}: {}, and so are {} of {} lines"),
    Words("请重新交付，或改正来源里的 `delimiter`、`quote`、`escape`", "deliver it again, or correct `delimiter`, `quote` and `escape` at its source"),
    Words("请重新交付：一行一个 JSON 对象", "deliver it again: one JSON object a line"),
    Words("请重新交付，或改正这些行", "deliver it again, or correct these lines"),
    Words("文件里有对不上的行：{0}", "the file has lines that do not fit: {}"),
    Words("第 {0} 条记录：{1}", "record {}: {}"),
    Words("文件里没有记录，所以看不出有哪些列", "the file has no record, so nothing tells its columns"),
    Words("没有业务的日子：在来源里写 `optional: true`，那天不交文件", "for days on which nothing happens set `optional: true` at its source, and deliver no file"),
    Words("文件不是 JSON：{0}", "the file is not JSON: {}"),
    Words("工作簿里没有工作表 {0}", "the workbook has no sheet {}"),
    Words("把 `sheet` 写成 {0} 之一", "set `sheet` to one of {}"),
    Words("文件被截断，或不是没有密码的 Excel 工作簿：{0}", "the file is cut, or no Excel workbook without a password: {}"),
    Words("另存为 .xlsx，或存成 UTF-8 的 CSV", "save it again as .xlsx, or as CSV in UTF-8"),
]  # fmt: skip
SOURCES = [
    Words("来源的路径用到 ${{{0}}}，它没有设置", "the path of a source uses ${{{}}}, which is not set"),
    Words("把它设成文件所在的文件夹：export {0}=…", "set it to the folder of the files: export {}=…"),
    Words("{0} 的映射没有用到任何来源", "the mapping of {} names no source"),
    Words("请从 `sources` 里的一个来源选取", "select FROM one of `sources`"),
    Words("来源 {0} 没有 {1} 的文件", "source {} has no file for {}"),
    Words("来源 {0} 没有文件", "source {} has no file"),
    Words("请交付（没有业务的日子也交，带表头、没有行），或改正 store.yaml 里的路径", "deliver it (with a header and no rows for a day on which nothing happened), or correct the path in store.yaml"),
    Words("来源 {0} 读不了：{1}", "source {} cannot be read: {}"),
    Words("请按格式完整地重新交付", "deliver the file again, whole and in its format"),
    Words("请按格式完整地重新交付，或改正映射里转换值的地方", "deliver the file again, whole and in its format, or correct the mapping where it converts a value"),
    Words("{0} 读不了：{1}", "{} cannot be read: {}"),
    Words("{0}：映射和文件对不上：{1}", "{}: the mapping does not fit the files: {}"),
    Words("改正 SELECT，或补上缺的列", "correct the select, or deliver the missing column"),
    Words("{0}：必需的列没有映射：{1}", "{}: required columns are not mapped: {}"),
    Words("在 SELECT 里补上，或交付表头里有这些列的文件", "add them to the select, or deliver the file with these columns in its header"),
    Words("{0}：没有货币就没有列 {1}", "{}: without a currency there is no column {}"),
    Words("{0}：契约里没有列 {1}", "{}: the contract has no column {}"),
    Words("在 store.yaml 里写上 `currency`，或去掉这些列", "name the `currency` in store.yaml, or leave them out"),
    Words("只选 {0}", "select only {}"),
    Words("{0}：映射略去的行数不出来：{1}", "{}: the rows that the mapping leaves out cannot be counted: {}"),
    Words("它给出的不是一个数", "it gives no single number"),
    Words("写一条只给出一个数的 SELECT，来源与映射相同", "write a select that gives one number, over the sources that the mapping names"),
    Words("{0} 的文件还在写入", "a file of {} is still being written"),
    Words("文件还在写入", "a file is still being written"),
    Words("写完后再运行；先用别的名字写，写好再改名", "run again when it is whole; write it under another name and rename it when it is"),
    Words("收到的文件读不了：{0}", "a landed file cannot be read: {}"),
    Words("删掉或改正这个文件", "remove or mend the file"),
    Words("{0} 不是有效的 SQL：{1}", "{} is not valid SQL: {}"),
    Words("改正它", "correct it"),
    Words("{0} 不是一条 SELECT，而是 {1}", "{} is not one SELECT but {}"),
    Words("{0} 不是一条 SELECT：{1}", "{} is not one SELECT: {}"),
    Words("{0} 读取了 {1}，它不在来源 {2} 里", "{} reads {}, which is none of the sources {}"),
    Words("只写一条 SELECT，从 store.yaml 的 `sources` 里选取；要读的文件都在那里声明", "write one SELECT over the names under `sources` in store.yaml; declare every file that it reads there"),
    Words("{0} 的映射", "the mapping of {}"),
    Words("drops.{0} 的 SELECT", "the select of drops.{}"),
    Words("{0} 的映射读不了：{1}", "the mapping of {} cannot be read: {}"),
    Words("把 SELECT 写在那里，或改正 store.yaml 里的 `tables`", "write the select there, or correct `tables` in store.yaml"),
    Words("没有店铺 {0}", "there is no shop {}"),
    Words("用 {0} 之一，或在那里写一个 store.yaml", "use one of {}, or write a store.yaml there"),
    Words("store.yaml 不是 UTF-8：第 {0} 个字节不是它的字符", "store.yaml is not UTF-8: byte {} is none of its characters"),
    Words("存成 UTF-8；国内的编辑器常存成 GBK", "save it as UTF-8; editors in China often save as GBK"),
    Words("store.yaml 不是有效的 YAML：{0}", "store.yaml is not valid YAML: {}"),
    Words("store.yaml 是空的", "store.yaml is empty"),
    Words("例子见 stores/online_retail/store.yaml", "see stores/online_retail/store.yaml for an example"),
    Words("store.yaml 前后对不上：{0}", "store.yaml does not hold together: {}"),
    Words("改正指出的地方", "correct what is named"),
    Words("用空格缩进，不要用制表符", "indent with spaces, not tabs"),
]  # fmt: skip
DATABASES = [
    Words("来源 {0} 是数据库，它的地址没有设置", "source {} is a database whose address is not set"),
    Words("来源 {0} 需要 {1} 的驱动，还没有安装", "source {} needs the driver of {}, which is not installed"),
    Words("安装：{0}", "install it: {}"),
    Words("再运行一次", "run again"),
    Words("来源 {0}：数据库中断了，{1}", "source {}: the database gave up {}"),
    Words("在给出行的时候", "while it gave the rows"),
    Words("用同一个地址在 {0} 里运行这条查询：数据库的原话可能含有数据，这里不重复", "run the query in {} with the same address: the database's words, which may hold rows, are not repeated here"),
    Words("来源 {0}：查询出错：{1}", "source {}: the query fails: {}"),
    Words("改正来源里的 `query`", "correct `query` at its source"),
    Words("来源 {0}：数据库连不上，或拒绝登录", "source {}: the database cannot be reached, or refuses the login"),
    Words("用 {0} 试一下这个地址；它的形式是 {1}", "try the address with {}; it has the form {}"),
]  # fmt: skip
INIT = [
    Words("文件夹已经在那里，不会覆盖", "the folder is there already, and nothing is written over"),
    Words("用 --into 指定一个新的", "name a new one with --into"),
    Words("没有一笔订单的时间读得出来", "no order has a time that can be read"),
    Words("这些文件", "the files"),
    Words(
        "日期写成 05/01/2024、又没有大于 12 的日子时，用 --dates dmy 或 --dates mdy 说明哪个是月份",
        "where dates are written 05/01/2024 and no day above 12 settles it, say which is the month with --dates dmy or --dates mdy",
    ),
    Words("{0} 个文件是一张表，但没有一个写法能只包括它们", "{} files are one table, but no one pattern names them and no others"),
    Words("放进单独的文件夹，名字开头相同", "put them into a folder of their own, with names that begin alike"),
    Words("店铺的文件夹写不了：{0}", "the shop's folder cannot be written: {}"),
    Words("用 --into 指定另一个", "name another one with --into"),
    Words("没有这个文件", "there is no such file"),
    Words("请给出店铺系统导出的文件", "name the files that your shop's system exported"),
    Words("文件读不了：{0}", "the file cannot be read: {}"),
    Words("重新导出成 CSV，再给一次", "export it again, as CSV, and name it anew"),
    Words(
        "没有一个文件能当作订单：需要时间和商品，再加上订单号、客户或数量中的一样",
        "none of the files can be taken for orders: these need a time and a product, and a number, a customer or a quantity beside",
    ),
    Words("请给出带表头的订单明细文件；或照 README 手写 store.yaml", "name the file of the order lines, with its header; or write store.yaml by hand as the README shows"),
    Words("{0}：缺少文件 {1}，没有它就没有订单", "{}: the file {} is missing, without which there are no orders"),
    Words("同一种文件写法不同：{0} 和 {1}", "two files of one kind are written differently: {} and {}"),
    Words("用同样的方式重新导出，或只给其中一个", "export them again in the same way, or name one of them"),
]  # fmt: skip
STATUS = [
    Words("还没有运行过：zhike run --store …", "Nothing has been run yet: zhike run --store …"),
    Words("过时：之后有输入变了，请再运行这些天和周（zhike run）。", "Stale: an input changed since; run these days and weeks again (zhike run)."),
    Words("旧代码：在升级知客之前做的，zhike run 会重做。", "Older code: made before Zhike was upgraded; zhike run makes it again."),
    Words("已发布的快照：{0}，截至 {1}", "Published snapshot: {}, as of {}"),
    Words("占用：{0}", "Takes: {}"),
    Words("已发布的快照来自旧版本，缺少周报需要的内容", "the published snapshot is of an earlier release and lacks what the report needs"),
    Words("请运行店铺：zhike run --store …", "run the shop: zhike run --store …"),
    Words("周报写不了：{0}", "the report cannot be written: {}"),
    Words("腾出空间、改成可写，或用 --out 指定另一个文件", "free space there, make it writable, or name another file with --out"),
    Words("{0} 任务的运行 {1} 失败：{2}", "Failed {} run {}: {}"),
    Words("失败", "failed"),
    Words("磁盘满了：{0}", "the disk is full: {}"),
    Words("Dagster 的运行记录写不进去", "Dagster's record of the run cannot be written"),
    Words("Dagster 的运行记录写不进去", "Dagster's record of runs cannot be written"),
    Words("另一个进程正在写 Dagster 的运行记录", "another process is writing Dagster's record of runs"),
    Words("等它结束后再运行", "run again when it has ended"),
    Words("Dagster 的运行记录坏了", "Dagster's record of runs is broken"),
    Words("这个目录里 Dagster 的设置读不了", "the settings of Dagster in this home cannot be read"),
    Words("改正它，或删掉：会重新生成", "correct it, or delete it: it is made anew"),
    Words("文件或文件夹用不了：{0}", "a file or folder cannot be used: {}"),
    Words("腾出空间再运行；之前发布的都还在", "free space there and run again; what was published before is untouched"),
    Words("让运行 zhike 的用户可以读写它，或用 --home 换一个地方", "make it readable and writable for the user who runs zhike, or choose another --home"),
    Words(
        "把它移走：会重新生成。里面是 Dagster 显示的运行历史，没有店铺的数据",
        "move it away: it is made anew. It holds what Dagster shows of past runs, and nothing of the shop's tables",
    ),
]  # fmt: skip
CHECKS = [
    Words("{0}：{2} 个分区中有 {1} 个没有发布，保留之前的好数据。{3}。失败的检查会列出这些行；改正来源后再运行这些分区。\n{4}", "{}: {} of {} partitions not published, their last good rows stay. {}. The failed checks show the rows; correct the source and run these partitions again.\n{}"),
    Words("{0} 在等 {1}：它还没有发布，或之后输入变了。先运行它。{2}", "{} waits for {}: not published, or changed inputs since. Run that first.{}"),
    Words(" 另有 {0} 个也是：{1}。", " The same in {} more: {}."),
    Words("{0} 需要重新运行：之后 {1} 变了。", "{} is to be run again: {} changed since."),
    Words("{0} 需要重新运行：之后 {1} 变了。", "{} are to be run again: {} changed since."),
    Words("这个店铺的网页界面已经打开，再开一个会把定时任务跑两遍", "the web UI of this shop is already served, and a second one would run its schedules twice"),
    Words("打开那个地址，或先停掉那个 zhike ui", "open that address, or stop that zhike ui first"),
    Words("网页界面不能在那里打开：{0}", "the web UI cannot be served there: {}"),
    Words("用 --port 或 --host 换一个", "choose another --port or --host"),
]  # fmt: skip
HOMES = [
    Words("这个家目录属于另一家同名的店铺", "this home is that of another shop of the same name"),
    Words("这个家目录是为另一家店铺建的：{0}", "this home was made for another shop: {}"),
    Words("{0}，是为 {1} 建的", "{}, made for {}"),
    Words("用 --home 或 ZHIKE_HOME 给这家店铺单独的家目录", "give this shop a home of its own with --home or ZHIKE_HOME"),
    Words("用 --home 或 ZHIKE_HOME 给这家店铺单独的家目录，或者给它的文件夹改名", "give this shop a home of its own with --home or ZHIKE_HOME, or rename its folder"),
    Words("家目录里关于店铺的记录坏了", "what this home notes of its shop is broken"),
    Words(
        "从备份恢复这个文件；如果没有别的店铺用过这个家目录，也可以删掉它：会重新写",
        "restore the file from a backup; or delete it, if no other shop was ever run into this home: it is then written anew",
    ),
    Words("店铺的家目录写不进去：{0}", "the shop's home cannot be written: {}"),
    Words("腾出空间，让它可写，或用 --home 换一个地方", "free space there, make it writable, or choose another --home"),
    Words("腾出空间，或让它可写", "free space there, or make it writable"),
    Words("腾出空间（数据量的 1.5 倍比较稳妥）再运行；之前发布的都还在", "free space there (1.5 times the data is a safe size) and run again; what was published before is untouched"),
    Words("哈希密钥写不进去：{0}", "the key of the hashes cannot be written: {}"),
    Words("哈希密钥{0}：用这样的密钥，谁都能查出原来的号码", "the key of the hashes is {}: with such a key anybody can find the numbers"),
    Words("只有 {0} 字节，至少要 {1} 字节", "only {} bytes long, and {} are needed"),
    Words("是空的", "empty"),
    Words("这个密钥不是生成这个家目录的哈希所用的密钥", "the key is not the one that this home's hashes were made with"),
    Words("这个家目录的哈希密钥丢了：hash.key 不在", "the key of this home's hashes is lost: hash.key is not there"),
    Words(
        "从备份恢复 hash.key，或把 ZHIKE_HASH_KEY 设为建这个家目录时的密钥；没有它就用 --home 建新的家目录，重新运行店铺的文件：哈希会与以前不同",
        "restore hash.key from a backup or set ZHIKE_HASH_KEY to the key that the home was made with; without it start a new home (--home) and run the shop's files again: its hashes will be others",
    ),
    Words("仓库正被{0}占用，已等 {1} 秒", "the warehouse is held by {}; waited {} s"),
    Words("运行 {0}（进程 {1}）", "run {} (process {})"),
    Words("一个命令（进程 {0}）", "a command (process {})"),
    Words("另一个进程", "another process"),
    Words("等那次运行结束，或停掉那个进程，然后再运行", "let that run end or stop that process; then run again"),
    Words("仓库打不开：{0}", "the warehouse cannot be opened: {}"),
    Words("关掉正在读它的程序（请改读快照文件夹），或在那个磁盘上腾出空间", "close other programs that read it (they read the snapshot folder instead), or free space on that disk"),
    Words("仓库坏了：文件不是数据库", "the warehouse is broken: its file is no database of the engine"),
    Words("从备份恢复；或把它移走再运行店铺：会重新读取各文件", "restore it from a backup, or move it away and run the shop: its files are then read anew"),
    Words("仓库的锁打不开：{0}", "the lock of the warehouse cannot be opened: {}"),
    Words("如果那里不是文件就移走；让运行 zhike 的用户可以写家目录", "remove what is there if it is no file; make the home writable for the user who runs zhike"),
    Words("还没有发布过快照", "nothing is published yet"),
    Words("先运行店铺：zhike run --store …", "run the shop first: zhike run --store …"),
    Words("删掉它所在的文件夹再运行店铺：快照会重新发布", "delete the folder that it lies in and run the shop: the snapshot is then published again"),
    Words("恢复这个文件；或删掉 models.registry 里该模型的记录再运行各周：会重新拟合", "restore the file; or delete the model's rows in models.registry and run the weeks again: it is then fitted anew"),
    Words("最新一周里没有客户 {0}", "no customer {} in the newest week"),
    Words("最新一周里没有 {0} 的推荐列表", "no list for {} in the newest week"),
    Words("核对编号；游客没有编号", "check the id; guests have none"),
    Words("核对编号；店铺的历史达到 `zhike run` 所说的长度后才有推荐列表", "check the id; a shop gets lists once it has the history that `zhike run` says is needed"),
    Words("{0} 到 {1} 不是店铺的日期", "the days {} to {} are not the shop's"),
    Words("请选其中的日期", "ask for days within them"),
    Words("检查无法评判：{0}", "the checks could not be judged: {}"),
    Words("改正它的检查项所用的数字", "correct the figures of its suite"),
    Words("改正上面所说的 SQL 或来源后再运行；什么都没有写入", "correct the SQL or the source named above and run again; nothing was written"),
    Words("网页界面的后台进程停了：{0}", "the daemon of the web UI has died: {}"),
    Words("重新启动 zhike ui", "start zhike ui again"),
]  # fmt: skip
CATALOGUE = (*PLACES, *CHECKS, *HOMES, *REASONS, *FILES, *SOURCES, *DATABASES, *INIT, *STATUS)


@cache
def _patterns() -> list[tuple[re.Pattern[str], Words]]:
    """The sentences, those with the most words of their own first."""
    ordered = sorted(CATALOGUE, key=lambda words: -len(words.en.replace("{}", "")))
    return [(re.compile(_pattern(words.en), re.DOTALL), words) for words in ordered]


def _pattern(sentence: str) -> str:
    parsed = Formatter().parse(sentence)
    return "".join(re.escape(literal) + ("" if field is None else "(.*?)") for literal, field, _, _ in parsed)


def in_words(said: str) -> Words:
    """An English sentence in every language; one that the catalogue does not know stays as it is."""
    for pattern, words in _patterns():
        if found := pattern.fullmatch(said):
            fields = [in_words(field) if field != said else Words(said, said) for field in found.groups()]
            return Words(words.zh.format(*(field.zh for field in fields)), said)
    return Words(said, said)
