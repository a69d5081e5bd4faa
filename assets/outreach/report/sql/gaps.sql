-- What no answer is there for, the most asked first.
SELECT place, question, conversation_count, intent_zh, intent_en
FROM unanswered_questions
WHERE as_of = getvariable('as_of')
ORDER BY place
LIMIT 5
