"""The table of the funnels room."""

from assets.features.tables import AS_OF
from resources.tables import Column, Table

FUNNELS = Table(
    schema="insights",
    name="funnels",
    description="How many visits of the seven days before a Monday come from a product view to the cart and to an order: of the shop, "
    "by channel and by category, against the eight weeks before.",
    partitioning="weekly",
    key=("as_of", "cut", "name", "step"),
    columns=(
        AS_OF,
        Column(
            "cut",
            "VARCHAR",
            "shop, channel (that of a visit's first action; the channels add up to the shop) or category (a visit counts in each "
            "whose products it viewed).",
        ),
        Column("name", "VARCHAR", "The channel or category; empty for the shop and for visits without a channel."),
        Column("step", "VARCHAR", "view, cart or order."),
        Column("step_no", "INTEGER", "Its place, from 1."),
        Column(
            "visit_count",
            "BIGINT",
            "Visits that come this far: a product view, then a cart, then an order, in this order. A visit is what a person does "
            "without a pause of the shop's setting; an order counts until such a pause after its last action.",
        ),
        Column("action_count", "BIGINT", "Views, carts or orders of the week in all, those of no such visit too."),
        Column("share", "DOUBLE", "Share of the visits of the step before."),
        Column("share_low", "DOUBLE", "Lower end of its 95 % interval (Wilson)."),
        Column("share_high", "DOUBLE", "Upper end."),
        Column("view_share", "DOUBLE", "Share of the visits with a view; at the order it is the conversion."),
        Column("view_share_low", "DOUBLE", "Lower end of its 95 % interval (Wilson)."),
        Column("view_share_high", "DOUBLE", "Upper end."),
        Column("week_count_before", "BIGINT", "Weeks with visits among the eight before."),
        Column("share_before", "DOUBLE", "Share of the visits of the step before, of these weeks together."),
        Column("change", "DOUBLE", "Share now minus share before."),
        Column(
            "z",
            "DOUBLE",
            "The change in standard errors (two-proportion test), widened where weeks differ by more than chance (quasi-binomial).",
        ),
        Column(
            "is_drop",
            "BOOLEAN",
            "Whether the share fell by more than noise: four weeks before, 20 visits on both sides, z below -3.",
        ),
    ),
)
