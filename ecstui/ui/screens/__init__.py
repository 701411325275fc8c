"""One file per screen. A screen reads the view and asks; it never decides and never polls."""
