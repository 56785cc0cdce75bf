"""From the cart to the delivered goods."""
