"""HTTP: pages, forms and webhooks, a room for each audience."""
