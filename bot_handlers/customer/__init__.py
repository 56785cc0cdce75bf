"""What customers do: each handler parses, makes one call to the shop, and shows the view of it."""
