"""What is kept of conversations, for those who asked for it: encrypted, and gone when deleted."""
