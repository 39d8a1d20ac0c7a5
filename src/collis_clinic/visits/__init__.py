"""The visit, page by page."""
