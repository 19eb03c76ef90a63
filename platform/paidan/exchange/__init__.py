"""Excel in: order books as reviewed imports, and the shop file."""
