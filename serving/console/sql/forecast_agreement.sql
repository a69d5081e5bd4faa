-- What known customers are expected to spend beside the revenue that is forecast for as many days.
SELECT horizon_days, expected_spend, revenue, revenue * known_share AS known_revenue, new_share, guest_share, spend_to_known_revenue
FROM forecast_agreement
WHERE as_of = getvariable('as_of')
