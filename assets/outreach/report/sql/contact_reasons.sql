-- What the shop as a whole was asked in the week, the most asked first.
SELECT intent, intent_zh, intent_en, conversation_count, usual_count, usual_count_low, usual_count_high, is_unusual
FROM contact_reasons
WHERE as_of = getvariable('as_of') AND product_id IS NULL
ORDER BY conversation_count DESC, intent
