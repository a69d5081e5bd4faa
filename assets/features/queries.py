"""The SQL of the features stage, by name, for whoever gives it its inputs: the run from the warehouse, the server from the snapshot."""

from resources.code import sql_files

SQL = sql_files(__file__)
# In this order: later ones read earlier ones.
VIEWS = ("person_days", "person_days_after", "person_sales", "person_sales_after", "products_then", "customers_then")
