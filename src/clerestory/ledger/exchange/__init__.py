"""What logs, witnesses and auditors hand to each other as text, in the forms of C2SP: byte for byte or not at all."""
