"""Constructs that only a closer look shows; each is a test of a program's facts."""

import ast
from collections.abc import Callable, Iterator

from tests.oracle.constructs import Test
from tests.oracle.facts import Facts, name_of, word


def loops(facts: Facts, kind: str) -> Iterator[ast.For]:
    return (loop for loop in facts.all(ast.For) if word(loop.iter) == kind)


def looping(kind: str, test: Callable[[ast.For], bool] = lambda loop: True) -> Test:
    return lambda facts: any(test(loop) for loop in loops(facts, kind))


def arguments(loop: ast.For) -> list[ast.expr]:
    assert isinstance(loop.iter, ast.Call)
    return loop.iter.args


def over_view(facts: Facts) -> bool:
    return any(
        "page" in ast.unparse(loop.iter) or "regs" in ast.unparse(loop.iter)
        for loop in facts.all(ast.For)
    )


def returns(function: ast.FunctionDef) -> str:
    return "" if function.returns is None else ast.unparse(function.returns)


def parameters(function: ast.FunctionDef) -> list[str]:
    return [ast.unparse(a.annotation) for a in function.args.args if a.annotation]


def sibling(facts: Facts) -> Iterator[ast.alias]:
    for each in facts.top(ast.ImportFrom):
        if each.module in ("low", "high"):
            yield from each.names


def importing(prefix: str) -> Test:
    """Something of a sibling whose name goes on like that behind the module's."""

    def test(facts: Facts) -> bool:
        return any(
            each.name.removeprefix(module).startswith(prefix)
            for each in sibling(facts)
            for module in ("low", "high", "LOW", "HIGH")
        )

    return test


def early(facts: Facts, inside: type[ast.stmt]) -> bool:
    """A `return` inside that statement."""
    return facts.any(inside, lambda n: any(isinstance(i, ast.Return) for i in ast.walk(n)))


def below(facts: Facts) -> bool:
    """A function is called above the place where it is defined."""
    main = facts.trees[-1]
    lines = {each.name: each.lineno for each in main.body if isinstance(each, ast.FunctionDef)}
    return any(
        isinstance(each, ast.Call) and lines.get(word(each), 0) > each.lineno
        for each in ast.walk(main)
    )


def negative_index(facts: Facts) -> bool:
    return facts.any(
        ast.Subscript,
        lambda n: isinstance(n.slice, ast.UnaryOp) and isinstance(n.slice.op, ast.USub),
    )


def pattern(kind: type[ast.pattern], test: Callable[[ast.AST], bool] = lambda node: True) -> Test:
    return lambda facts: facts.any(kind, test)


def exhaustive(facts: Facts) -> bool:
    """A `match` over dotted names that ends without `_`, in each case one."""
    return facts.any(
        ast.Match,
        lambda n: all(
            isinstance(c.pattern, (ast.MatchValue, ast.MatchOr))
            and "Kind" in ast.unparse(c.pattern)
            for c in n.cases
        ),
    )


def keyword_call(facts: Facts, *, disorder: bool) -> bool:
    """Of a function of the program; `disorder`: not in the order of the parameters."""
    orders = {f.name: [a.arg for a in f.args.args] for f in facts.functions()}
    for each in facts.all(ast.Call):
        order = orders.get(word(each), [])
        names = [k.arg for k in each.keywords if k.arg in order]
        places = [order.index(name) for name in names if name]
        if places and (not disorder or places != sorted(places)):
            return True
    return False


def default_used(facts: Facts) -> bool:
    counts = {
        f.name: len(f.args.args) for f in facts.functions() if f.args.defaults and f.args.args
    }
    return facts.any(ast.Call, lambda c: len(c.args) + len(c.keywords) < counts.get(word(c), 0))


def constructed(facts: Facts, test: Callable[[ast.Call], bool]) -> bool:
    return facts.any(ast.Call, lambda c: "Struct" in word(c) and test(c))


def array_of(text: str) -> Test:
    """`Array[text..., N[...]]`."""

    def test(facts: Facts) -> bool:
        return facts.any(
            ast.Subscript,
            lambda n: (
                name_of(n.value) == "Array"
                and isinstance(n.slice, ast.Tuple)
                and text in ast.unparse(n.slice.elts[0])
            ),
        )

    return test


def made_from(kind: type[ast.expr]) -> Test:
    """`Array[...](x)` of such an x."""
    return lambda facts: facts.any(
        ast.Call, lambda c: word(c) == "Array" and bool(c.args) and isinstance(c.args[0], kind)
    )


def chosen_alias(facts: Facts) -> bool:
    return facts.any(
        ast.Assign,
        lambda n: ast.unparse(n.targets[0]).startswith("r") and isinstance(n.value, ast.IfExp),
    )


def alias(facts: Facts) -> bool:
    return facts.any(
        ast.Assign,
        lambda n: (
            ast.unparse(n.targets[0]).startswith("r")
            and isinstance(n.value, (ast.Subscript, ast.Attribute))
        ),
    )


def copied_in(facts: Facts) -> bool:
    """An aggregate is stored into an element or field."""
    return facts.any(
        ast.Assign,
        lambda n: (
            isinstance(n.targets[0], (ast.Subscript, ast.Attribute))
            and ("Struct" in word(n.value) or word(n.value) in ("Array", ".copy"))
        ),
    )


def untyped_in(facts: Facts) -> bool:
    """A literal right of an operator."""
    return facts.any(ast.BinOp, lambda n: isinstance(n.right, ast.Constant))


def tests_view(facts: Facts) -> bool:
    names = {
        item.optional_vars.id
        for each in facts.all(ast.With)
        for item in each.items
        if isinstance(item.optional_vars, ast.Name)
    }
    return facts.any(ast.If, lambda n: isinstance(n.test, ast.Name) and n.test.id in names)


def formatting(*texts: str) -> tuple[Test, ...]:
    """Each of these specifications."""
    return tuple(spec(text) for text in texts)


def spec(text: str) -> Test:
    return lambda facts: facts.any(
        ast.JoinedStr,
        lambda n: [text] == [v.value if isinstance(v, ast.Constant) else "" for v in n.values],
    )


def formats(text: str) -> Test:
    """A value like that in a message."""
    return lambda facts: facts.any(
        ast.FormattedValue, lambda n: n.format_spec is None and text in ast.unparse(n.value)
    )


def enumeration(kind: str) -> Test:
    return lambda facts: facts.any(
        ast.ClassDef, lambda n: any(name_of(base) == kind for base in n.bases)
    )


def scalar_state(facts: Facts) -> bool:
    return facts.any(ast.Assign, lambda n: n.col_offset == 0 and word(n.value) in INTEGERS)


INTEGERS = ("u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64")


def generated(test: Callable[[ast.GeneratorExp], bool]) -> Test:
    return lambda facts: facts.any(ast.GeneratorExp, test)


def wide_decorator(function: ast.FunctionDef, decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and len(decorator.args) > 1


def ranged(function: ast.FunctionDef, decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and any(word(a) == "range" for a in decorator.args)


def posted(function: ast.FunctionDef, decorator: ast.expr) -> bool:
    return "posted=True" in ast.unparse(decorator)


def both(facts: Facts) -> bool:
    return any(len(f.decorator_list) > 1 for f in facts.functions())


def resulting(*texts: str) -> Test:
    """A handler of calls that gives one of these."""
    return lambda facts: any(
        any(text in returns(f) for text in texts)
        for kind in ("smc", "hvc")
        for f, _ in facts.handlers(kind)
    )


def seven(facts: Facts) -> bool:
    return any(len(f.args.args) == 7 for f, _ in facts.handlers("smc"))
