"""How owners run the shop: managers, notifications, appearance, backups."""
