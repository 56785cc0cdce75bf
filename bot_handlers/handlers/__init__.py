"""What each button and each answer does: one call to the shop, then a screen."""
