"""What the report page is made of: what became of each byte, message and note, and the page's style and script."""
