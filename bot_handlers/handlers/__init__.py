"""The handlers of buttons and answers: one call to the shop, then a screen."""
