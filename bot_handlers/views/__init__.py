"""Pure views: data and a translator in, a screen out."""
