"""`make run`: everything the site needs in the foreground of one terminal, and nothing left when it stops."""
