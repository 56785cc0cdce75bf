"""Moving in from AiogramShopBot: what its database holds, what of it comes along, and why the rest does not."""
