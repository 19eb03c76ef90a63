"""What every admin page is made of."""
