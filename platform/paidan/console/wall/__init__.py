"""The wall board: a large screen in the workshop that needs no sign-in."""
