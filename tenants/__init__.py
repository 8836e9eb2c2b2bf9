"""Who may see what: companies, people and the wall between them."""
