"""What an image is and asks for, where its bytes go, and what is proven of it: the facts behind
`xapc inspect` and `xapc verify`. `facts` finds them, `text` and `machine` show them."""

from xapc.inspection.facts import Inspection, inspect

__all__ = ["Inspection", "inspect"]
