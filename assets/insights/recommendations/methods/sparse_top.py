"""The largest entries of a product of sparse matrices, without ever holding the product."""

import numpy as np

from assets.insights.recommendations.methods.interactions import Matrix

# All customers of a block get room for as many candidates as the one with the most.
MOST_SPARE = 500


class Multiplied:
    """A matrix that many queries are multiplied with."""

    def __init__(self, matrix: Matrix) -> None:
        from implicit._nearest_neighbours import NearestNeighboursScorer
        from scipy.sparse import csr_matrix

        self.shape = matrix.shape
        # The kernel has room for as many columns as the matrix has rows, and writes past it where there are more. It keeps no
        # hold of the matrix, so that this must.
        self._square = csr_matrix(matrix, dtype=np.float64, copy=True)
        self._square.resize((max(matrix.shape), max(matrix.shape)))
        self._scorer = NearestNeighboursScorer(self._square)

    def top(self, queries: Matrix, count: int, spare: Matrix | None = None) -> Matrix:
        """Row by row the `count` largest entries of `queries @ matrix`, by `implicit`'s kernel, which keeps one row at a time. A row gets
        as many more as `spare` has entries in it: what is taken out afterwards is not missed. Of more than MOST_SPARE they are taken
        out here, and no more than that are kept beside the `count`."""
        from scipy.sparse import csr_matrix

        if queries.shape[1] != self.shape[0]:
            raise ValueError(f"{queries.shape[1]} columns cannot meet {self.shape[0]} rows")
        indptr, indices, data = (
            queries.indptr.astype(np.int64),
            queries.indices.astype(np.int32),
            queries.data.astype(float),
        )
        more = np.diff(spare.indptr) if spare is not None else np.zeros(queries.shape[0], int)
        bounds = np.zeros(2, np.int32)
        found, scores, sizes = [], [], np.zeros(queries.shape[0] + 1, np.int64)
        for row in range(queries.shape[0]):
            part = slice(indptr[row], indptr[row + 1])
            bounds[1] = part.stop - part.start
            best, values = self._scorer.recommend(
                bounds, indices[part], data[part], K=int(count + more[row]), remove_own_likes=False
            )
            if spare is not None and more[row] > MOST_SPARE:
                out = spare.indices[spare.indptr[row] : spare.indptr[row + 1]]
                free = np.flatnonzero(~np.isin(best, out))
                free = free[np.argsort(-values[free], kind="stable")[: count + MOST_SPARE]]
                best, values = best[free], values[free]
            found.append(best)
            scores.append(values)
            sizes[row + 1] = len(best)
        shape = (queries.shape[0], self.shape[1])
        if not found:
            return csr_matrix(shape)
        result = csr_matrix((np.concatenate(scores), np.concatenate(found), sizes.cumsum()), shape=shape)
        result.sort_indices()
        return result


def top_of_product(queries: Matrix, matrix: Matrix, count: int, spare: Matrix | None = None) -> Matrix:
    """For a matrix that is used once."""
    return Multiplied(matrix).top(queries, count, spare)
