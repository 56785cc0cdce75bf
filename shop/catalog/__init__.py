"""The catalogue: what is shown, what is in stock, and how goods come in."""
