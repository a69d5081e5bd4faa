"""A made-up shop whose truth is known: purchases, tastes, reasons for leaving and every dirty row are drawn."""
