"""One room a question. Rooms do not import each other; what two of them need stands in features or resources."""
