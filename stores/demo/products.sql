SELECT
    product_id, title, category, brand, price, cost, in_stock, description, known_on
FROM products
