"""Item–item graph: which product goes with which, from who interacted with both.

Turbo-CF's linear filter (Park, Shin & Kang 2024, arXiv 2404.14243): interactions divided by powers of both degrees, the product
of the matrix with itself, and its entries raised to a power. Dividing by the *customer's* degree is what matters: plain
cosine, which divides by the product's alone, stays a quarter behind. Only the strongest edges of a product are kept,
during the product, so that memory is products × neighbours whatever the number of customers.
"""

from dataclasses import dataclass

import numpy as np

from assets.insights.recommendations.methods.interactions import Floats, Interactions, Matrix


@dataclass(frozen=True)
class Graph:
    """`customer_power`, `product_power`: degrees are divided to these powers. `sharpness`: the power of an edge; below one
    it makes edges more even. `neighbours`: strongest edges that are kept."""

    customer_power: float = 0.5
    product_power: float = 0.5
    sharpness: float = 1.0
    neighbours: int = 300


def degrees(weights: Matrix) -> tuple[Floats, Floats]:
    """Of customers and of products."""
    return np.asarray(weights.sum(axis=1), float).ravel(), np.asarray(weights.sum(axis=0), float).ravel()


def divided(weights: Matrix, by_customer: Floats, by_product: Floats) -> Matrix:
    """Weights divided by a figure of each row and of each column; where that is zero the weights are, too."""
    rows = np.repeat(_inverse(by_customer), np.diff(weights.indptr))
    result = weights.astype(float)
    result.data = result.data * rows * _inverse(by_product)[weights.indices]
    return result


def _inverse(values: Floats) -> Floats:
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 0)


def item_graph(interactions: Interactions, graph: Graph, threads: int = 1) -> Matrix:
    """Products × products: row the product known, column the product that goes with it. Itself is among them."""
    from implicit._nearest_neighbours import all_pairs_knn

    customer, product = degrees(interactions.weights)
    normal = divided(interactions.weights, customer**graph.customer_power, product**graph.product_power)
    neighbours = min(graph.neighbours, max(interactions.product_count, 1))
    edges = all_pairs_knn(normal, neighbours, show_progress=False, num_threads=threads).tocsr()
    edges.data = edges.data**graph.sharpness
    edges.sort_indices()
    return edges
