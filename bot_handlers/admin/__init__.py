"""What admins do. Their right is checked at the route and again in the shop."""
