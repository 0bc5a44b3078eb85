"""Nonconformities: requirements not fulfilled, from the correction to an effect that another person confirmed."""
