"""The Billingo connector: invoices, their payments and PDFs, read from the API v3."""
