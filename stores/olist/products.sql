-- en: Undated: the assortment counts as known from the shop's start. Two categories lack a translation and keep their name.
-- zh: 没有日期：商品从开店起算作已知。有两个类目没有译名，保留原名。
SELECT
    p.product_id,
    coalesce(n.product_category_name_english, p.product_category_name) AS category
FROM assortment AS p
LEFT JOIN category_names AS n ON n.product_category_name = p.product_category_name
ORDER BY p.product_id
