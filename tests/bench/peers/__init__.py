"""What people usually do, as servers of their own."""
