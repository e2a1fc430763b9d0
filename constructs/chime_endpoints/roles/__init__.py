"""Roles of AWS accounts: to deliver pushes, and to let a function of another account in."""
