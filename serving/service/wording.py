"""What the service says to shoppers of itself; answers are the shop's own words (its knowledge base)."""

from resources.words import Words

GREETING = Words(
    "您好，我是{shop}的智能客服，请问有什么可以帮您？", "Hello, this is the assistant of {shop}. How can I help you?"
)
THANKS = Words("不客气，很高兴能帮到您。还有问题随时告诉我。", "You are welcome. Ask me anything else at any time.")
NO_WORDS = Words(
    "我还不能看懂表情和符号，请用文字告诉我您的问题，例如：",
    "I cannot read emoji or signs yet. Please tell me in words, for example:",
)
NO_WORDS_ALONE = Words(
    "我还不能看懂表情和符号，请用文字告诉我您的问题。", "I cannot read emoji or signs yet. Please tell me in words."
)
LINK = Words(
    "出于安全考虑，我不会打开链接。请告诉我商品名称或订单号，以及您想了解什么。",
    "For safety I do not open links. Please tell me the product or the order number, and what you would like to know.",
)
CODE = Words(
    "收到单号 {code}。请问您想查询物流、修改订单，还是申请售后？",
    "I have the number {code}. Would you like to know where it is, change the order, or send something back?",
)
ORDER = Words("您的订单 {order_id}：{order_status}。", "Your order {order_id}: {order_status}.")
ASK_BACK = Words("请问您想了解的是下面哪一个？", "Which of these would you like to know?")
ASK_AGAIN = Words(
    "抱歉，我没有完全理解。能换个说法，或者说得再具体一些吗？",
    "Sorry, I did not quite understand. Could you say it in other words, or in more detail?",
)
OUT_OF_SCOPE = Words(
    "抱歉，这个问题我暂时回答不了。您可以换个说法，或者回复“人工”，由同事为您解答。",
    "Sorry, I have no answer to that. You could say it in other words, or reply “agent” and a colleague will help you.",
)
TAKEN_BACK = Words(
    "好的，我没有为您提交任何申请。如果您之前提交过，请在订单页面撤销，或者回复“人工”，由同事为您处理。",
    "All right, I have not started anything. If you sent a request before, please withdraw it on your order page, or reply “agent” and a colleague will "
    "help you.",
)
REPEATED = Words("再为您说明一次：", "Once more:")
NEUTRAL = Words(
    "这个问题要看具体的订单。请在登录后从订单页面联系我们，或者回复“人工”，由同事为您查询。",
    "That depends on your order. Please contact us from your order page after signing in, or reply “agent” and a colleague will look it up.",
)
IN_OUR_LANGUAGE = Words("这个问题目前只有英文说明：", "We have this answer in Chinese only:")
HANDED_OVER = Words(
    "已为您转接人工客服，同事会尽快在这里回复您。",
    "A colleague is taking over and will reply here as soon as possible.",
)
SORRY = Words("非常抱歉给您带来不好的体验。", "We are sorry about this experience.")
SORRY_MONEY = Words("钱款的事我们会认真核实。", "We will look into the payment carefully.")
SORRY_NO_HELP = Words("抱歉没能帮到您。", "Sorry that I could not help.")
WAITING = Words("已收到，同事正在处理，会在这里回复您。", "Thank you, a colleague is on it and will reply here.")

# The latest step that a shop tells of; of steps that it does not deliver nothing is said.
STATUS = {
    "cancelled_at": Words("已取消（{on}）", "cancelled ({on})"),
    "delivered_at": Words("已送达（{on}）", "delivered ({on})"),
    "shipped_at": Words("已发货（{on}）", "shipped ({on})"),
    "paid_at": Words("已付款（{on}）", "paid ({on})"),
    "ordered_at": Words("已下单（{on}）", "ordered ({on})"),
}

KINDS = {
    "answer": Words("已回答", "answered"),
    "question_back": Words("反问", "asked back"),
    "out_of_scope": Words("超出范围", "out of scope"),
    "greeting": Words("问候", "greeting"),
    "handed_over": Words("转人工", "handed over"),
}
# How far a person is with a conversation.
STATES = {
    "open": Words("待接手", "waiting"),
    "taken": Words("处理中", "in progress"),
    "answered": Words("已回复", "answered"),
    "closed": Words("已结束", "closed"),
}
REASONS = {
    "anger": Words("情绪强烈不满", "strongly displeased"),
    "money": Words("投诉钱款问题", "complains about money"),
    "at_risk": Words("高价值客户有流失风险", "a valuable customer who may leave"),
    "asked": Words("要求人工服务", "asked for a person"),
    "no_help": Words("两次回答都没有帮到客户", "two answers did not help"),
}
UNKNOWN_CUSTOMER = Words("访客（没有登录）", "a guest (not signed in)")
KNOWN_CUSTOMER = Words(
    "{segment}，累计消费 {spend}，流失概率 {p_churn}；最近订单 {order}",
    "{segment}, spent {spend}, {p_churn} likely to leave; latest order {order}",
)
LATEST_ORDER = Words("{order_id} {status}", "{order_id} {status}")
NO_ORDER = Words("没有记录", "none on record")
NO_SEGMENT, NOT_KNOWN = Words("未分群客户", "no segment yet"), Words("未知", "not known")
WHY = Words("{reasons}。最近一句：“{said}”", "{reasons}. Last said: “{said}”")
CUT = 80
