"""Commands that run beside a model, without a server: write a manifest, check, push."""
