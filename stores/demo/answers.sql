SELECT
    answer_id, intent, question, answer, locale, known_on
FROM answers
