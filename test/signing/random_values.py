"""Random values that JSON can hold: what a token may carry, and what is hard to carry unchanged."""
import json
import random
import sys

CHARACTERS = "abcXYZ019 \"\\/\b\f\n\r\t\x00\x1f\x7f<>&'éß激活账户。\u2028\ufeff🎉👩‍👩‍👧"

chance = random.Random(20240229)


def text(longest=12):
    return "".join(chance.choice(CHARACTERS) for _ in range(chance.randrange(longest)))


def number():
    return chance.choice([
        0, 1, -1, 42, 2**31, 2**53, 2**53 + 1, -(2**64), 10**30, 0.0, -0.0, 1.0, 100.0, 1.5, 0.1, 1e-5, 1e16, 1e22,
        5e-324, 1.7976931348623157e308, chance.random(), chance.randrange(10**18), chance.uniform(-1e20, 1e20),
    ])


def name():
    return chance.choice([text(), str(chance.randrange(100)), "user_id", "__proto__", "toString"])


def value(depth=0):
    kinds = [number, text, lambda: None, lambda: True, lambda: False, lambda: text(3) * 60]
    if depth < 3:
        kinds += 2 * [lambda: [value(depth + 1) for _ in range(chance.randrange(4))]]
        kinds += 2 * [lambda: {name(): value(depth + 1) for _ in range(chance.randrange(5))}]
    return chance.choice(kinds)()


def compact(thing):
    return json.dumps(thing, separators=(",", ":"), ensure_ascii=False)


def answer(handle):
    """Reads one JSON value, and prints the JSON of what `handle` makes of it."""
    print(json.dumps(handle(json.load(sys.stdin))))
