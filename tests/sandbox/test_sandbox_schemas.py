"""The schemas the sandbox is held against: they themselves, and their examples."""

import json
from typing import Any

import jsonschema
import pytest
from sandbox_client import SCHEMAS, schema

NAMES = sorted(path.stem for path in SCHEMAS.glob("*.json"))


def examples(name: str) -> dict[str, list[Any]]:
    return json.loads((SCHEMAS / "examples" / f"{name}.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_a_schema(name):
    """Every schema is valid by the 2020-12 meta-schema."""
    jsonschema.Draft202012Validator.check_schema(json.loads((SCHEMAS / f"{name}.json").read_text()))


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_as_labelled(name):
    """Every schema accepts its good examples and refuses its bad ones."""
    given = examples(name)

    assert [True] * len(given["valid"]) == [schema(name).is_valid(one) for one in given["valid"]]
    assert [False] * len(given["invalid"]) == [
        schema(name).is_valid(one) for one in given["invalid"]
    ]


def test_example_count():
    """There are 42 schemas with 51 good and 17 bad examples."""
    all_examples = [examples(name) for name in NAMES]

    assert 42 == len(NAMES)
    assert 51 == sum(len(one["valid"]) for one in all_examples)
    assert 17 == sum(len(one["invalid"]) for one in all_examples)
