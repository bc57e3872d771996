"""The cases, a module for each subject; each one's clause is said where it is made."""
