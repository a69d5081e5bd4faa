"""What assets lean on and what knows no asset: contract, shop, calendar, warehouse, registry."""
