"""The typed tree: what `check` makes and `lower` reads.

Every conversion is explicit, every name is resolved, every node knows its type and its span.
Where the order of evaluation matters it is the order of the fields, or said in the docstring.

Scalars (integers, `bool`, enums) and tuples and views are values. Arrays and structs are
*references*: evaluating an expression of aggregate type gives the address of an object, and
only `Assign`, `Fresh` and `Copy` copy contents. A *place* is a `VarRef`, `GlobalRef`, `FieldOf`,
`ElementOf` or `ViewItem`: as an expression of scalar type it is a load.

A check that fails ends the call: the docstrings say "panics REASON", reasons as in
`xaprt.abi.Reason`; the line is that of the node's span.

Nodes are compared by identity, never changed once they are made, and shown by `xapc.printer`.
(Making `__eq__`, `__repr__` and what forbids changes, for all of these classes, took a tenth of
the time in which a small app is built.)
"""

from xapc.tree.expressions import *  # noqa: F403  # one door to the tree
from xapc.tree.language import *  # noqa: F403  # as above
from xapc.tree.program import *  # noqa: F403  # as above
from xapc.tree.statements import *  # noqa: F403  # as above
from xapc.tree.values import *  # noqa: F403  # as above
