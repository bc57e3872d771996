"""The constructs of LANGUAGE.md, section by section."""
