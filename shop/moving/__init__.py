"""Moving from AiogramShopBot: what its database contains, what comes along, and why the rest does not."""
