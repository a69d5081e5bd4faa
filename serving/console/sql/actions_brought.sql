-- What each action brought so far, over all its weeks that were carried out and have closed.
SELECT
    action, action_zh, action_en, week_count, treated_count, control_count, treated_rate, control_rate, effect, effect_low, effect_high,
    next_holdout_share, verdict_zh, verdict_en
FROM insights.uplift
WHERE as_of = getvariable('as_of') AND segment_id IS NULL
ORDER BY action
