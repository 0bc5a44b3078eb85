"""The commands of whoever runs a witness: no database of the product is needed, and no server of it."""
