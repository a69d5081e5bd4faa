"""Supervised learning on one labelled table: encode, fit, store as data, score, explain, measure. Knows no asset."""
