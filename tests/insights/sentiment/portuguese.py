"""Made Portuguese reviews with stars."""

import numpy as np

PRAISE = ["ótimo produto", "chegou antes do prazo", "recomendo a loja", "muito bom mesmo", "adorei a qualidade"]
BLAME = ["não recebi o produto", "veio quebrado", "péssimo atendimento", "não recomendo", "muito ruim"]
NEITHER = ["produto ok", "mais ou menos", "razoável pelo preço", "nada demais", "regular"]
THINGS = ["capa", "relógio", "cadeira", "fone", "mesa", "livro", "bolsa", "tapete"]


def reviews(count: int, seed: int, *, is_noise: bool = False) -> tuple[list[str], np.ndarray]:
    """Portuguese reviews with stars that go with their words, or with nothing."""
    rng = np.random.default_rng(seed)
    stars = rng.choice([1, 2, 3, 4, 5], count, p=[0.2, 0.1, 0.15, 0.2, 0.35])
    said = rng.permutation(stars) if is_noise else stars
    words = [BLAME if star <= 2 else NEITHER if star == 3 else PRAISE for star in said]
    pick = rng.integers(0, 5, (count, 2)), rng.integers(0, len(THINGS), count)
    return [f"{w[a]}, {w[b]}. {THINGS[t]}" for w, (a, b), t in zip(words, pick[0], pick[1], strict=True)], stars
