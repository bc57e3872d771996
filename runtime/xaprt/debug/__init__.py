"""From addresses in an image to places in its source: what DWARF says, which nobody vouches for."""
