"""What a sale is: the one rule of the shop that features, insights and checks share."""

from resources.shop import Shop


def sales(shop: Shop, orders: str = "clean.orders") -> str:
    """A select of the sales among clean order lines: product lines that were not cancelled, of fewer pieces than the shop's outlier
    limit, and their returns. Guests are among them (customer_id is empty), and reversals (sign -1): what is left of a line is the
    sum of its signs. `amount` is the line's money after discount, negative for a return, 0 in a shop without prices.

    It is a view of everything that asks for sales, so it has no parameters: the limit is a number of the shop's own settings.
    """
    paid = "quantity * coalesce(unit_price, 0) - coalesce(discount, 0)" if shop.has_prices else "0"
    return f"""
        SELECT
            order_id, line_no, customer_id, product_id, channel, ordered_at, ordered_on, delivered_on, known_on, row_no, sign, quantity,
            CAST({paid} AS DECIMAL(18, 4)) AS amount
        FROM {orders}
        WHERE cancelled_at IS NULL
            AND coalesce(line_type, 'product') = 'product'
            AND abs(quantity) < {shop.limits.outlier_quantity:d}
    """
