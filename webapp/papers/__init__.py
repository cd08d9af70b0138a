"""What leaves the house on paper or as a file: invoices and reminders, drawn from plain facts; knows no database."""
