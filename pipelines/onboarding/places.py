"""Where in its file a row stands: the line of the first record that holds its values, in a sheet or a Parquet file its row."""

import itertools
from collections.abc import Collection, Sequence

from resources.files import place, records
from resources.reader import Delivery, files_of

# Records of a file that are looked through, at most.
LOOKED_AT = 200_000


def place_of(deliveries: Sequence[Delivery], values: Collection[str]) -> str:
    """File and line of the first record among whose fields all `values` are; empty where there is none, as where the mapping has
    made them."""
    wanted = {value.strip() for value in values}
    for delivery in deliveries if wanted else ():
        for file, source in files_of(delivery):
            for line, record in itertools.islice(records(file, source), LOOKED_AT):
                if wanted <= {field.strip() for field in record}:
                    return place(file, line)
    return ""
