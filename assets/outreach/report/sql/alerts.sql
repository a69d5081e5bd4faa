-- The alerts of the week by cause, the most urgent first.
SELECT cause, cause_zh, cause_en, max(urgency) AS urgency, count(*) AS alerts, sum(at_stake) AS at_stake
FROM alerts
WHERE as_of = getvariable('as_of')
GROUP BY ALL
ORDER BY urgency DESC, at_stake DESC, cause
