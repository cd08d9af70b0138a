"""What screens read: one function per page or fragment."""
