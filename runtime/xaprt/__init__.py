"""What every app's image is made of: the contract, the code inside it, and its linker."""
