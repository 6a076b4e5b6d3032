"""A person's own data on the page: what is kept, taken along, and deleted."""
