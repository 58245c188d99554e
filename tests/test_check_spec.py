#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""slipway check-spec, and the schema of the spec, which editors use: the parser and schema/spec.json know the same keys, and judge alike."""

import itertools
import json
import re

from tap import HERE, Folder, Skip, main, slipway, test

try:
    import jsonschema
    import yaml
except ImportError:
    jsonschema = None

SCHEMA = json.loads((HERE.parent / "schema/spec.json").read_text())
BOGUS = {"no-such-key": 1}
ANSWER = json.loads((HERE.parent / "schema/check-spec.json").read_text())


def resolved(schema):
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return schema


def variants(schema):
    """What a value may be: more than one where the schema says oneOf or anyOf."""
    schema = resolved(schema)
    choices = schema.get("oneOf") or schema.get("anyOf")
    return [v for c in choices for v in variants(c)] if choices else [schema]


def places(schema, path=()):
    """(path, variants) of every place in the spec; a step is a key, or 0 for an item of a list."""
    found = variants(schema)
    yield path, found
    for v in found:
        for key, child in v.get("properties", {}).items():
            yield from places(child, (*path, key))
        if "items" in v:
            yield from places(v["items"], (*path, 0))


def smallest(schema):
    """The least that is valid."""
    v = variants(schema)[0]
    if "const" in v:
        return v["const"]
    if "examples" in v:
        return v["examples"][0]
    if "enum" in v:
        return v["enum"][0]
    if v["type"] == "object":
        return {key: smallest(v["properties"][key]) for key in v["required"]}
    if v["type"] == "array":
        return [smallest(v["items"]) for _ in range(v.get("minItems", 0))]
    return {"integer": v.get("minimum", 0), "boolean": True, "string": "x"}[v["type"]]


def spec_with(schema, path, value):
    """A valid spec but for the value at this place."""
    if not path:
        return value
    if path[0] == 0:
        (v,) = [v for v in variants(schema) if "items" in v]
        return [spec_with(v["items"], path[1:], value), *[smallest(v["items"]) for _ in range(v.get("minItems", 1) - 1)]]
    (v,) = [v for v in variants(schema) if path[0] in v.get("properties", {})]
    return {**smallest(v), path[0]: spec_with(v["properties"][path[0]], path[1:], value)}


def check(texts):
    """What the program says of each text."""
    with Folder() as folder:
        files = []
        for i, text in enumerate(texts):
            files.append(folder / f"{i}.yaml")
            files[-1].write_bytes(text if isinstance(text, bytes) else text.encode())
        r = slipway("--json", "check-spec", *files, status=(0, 2))
        answer = r.json()
        if jsonschema:
            jsonschema.validate(answer, ANSWER)
        assert [s["file"] for s in answer["specs"]] == [str(f) for f in files]
        assert (r.status == 0) == all(s["valid"] for s in answer["specs"])
        for spec in answer["specs"]:
            assert spec["valid"] == (not spec["errors"]), spec
            for e in spec["errors"]:
                where = f"{spec['file']}:{e['line']}:{e['column']}:" if e["line"] else f"{spec['file']}:"
                assert where in r.err.decode(), (where, r.err)
        return answer["specs"]


def known_keys(spec):
    """The keys that the parser names when it meets one that it does not know; None: it wants no keys there."""
    for e in spec["errors"]:
        if "unknown key 'no-such-key'" in e["message"]:
            return set(re.search(r"[Kk]nown are (.*)$", e["message"])[1].split(", "))
    return None


@test
def the_parser_and_the_schema_know_the_same_keys():
    all_places = list(places(SCHEMA))
    specs = check([json.dumps(spec_with(SCHEMA, path, BOGUS)) for path, _ in all_places])
    n = 0
    for (path, found), spec in zip(all_places, specs):
        wanted = set().union(*(v["properties"].keys() for v in found if "properties" in v)) or None
        got = known_keys(spec)
        assert got == wanted, f"{'.'.join(map(str, path)) or 'the spec'}: schema/spec.json has {wanted}, the parser {got}"
        n += len(got or ())
    # Nor has the parser lists of such where the schema has none.
    flat = [path for path, found in all_places if not any("items" in v for v in found)]
    for path, spec in zip(flat, check([json.dumps(spec_with(SCHEMA, path, [BOGUS])) for path in flat])):
        assert known_keys(spec) is None, f"{path}: the parser has a list here, schema/spec.json none"
    return f"{n} keys"


def values(v):
    """Right ones and wrong ones of each kind."""
    yield from (v.get("enum") or []) + v.get("examples", []) + ([v["const"]] if "const" in v else [])
    if v.get("type") == "integer":
        bounds = [v[k] for k in ("minimum", "maximum") if k in v]
        yield from (b + d for b in bounds for d in (-1, 0, 1))
    if v.get("type") == "boolean":
        yield from (True, False)
    if v.get("type") == "string":
        yield from ("", "x")
    elif "properties" not in v and "items" not in v:
        yield from (-1, 0, 10**12)
    yield from ("", "no such word", [], {}, [[]], [""], {"": 1})


def is_narrower(found):
    """Does the schema say of this place that the parser knows more, such as that a value names another?"""
    return any(v.get("$comment", "").startswith("narrower: ") for v in found)


def same_verdict(documents, narrower=()):
    """The documents are (text, value); of texts in `narrower` the parser may refuse what the schema lets pass."""
    if not jsonschema:
        raise Skip("jsonschema or yaml is not installed (packages python3-jsonschema, python3-yaml)")
    validator = jsonschema.Draft202012Validator(SCHEMA)
    said = {True: 0, False: 0}
    for (text, document), spec in zip(documents, check([text for text, _ in documents])):
        wrong = [e.message for e in validator.iter_errors(document)]
        if text in narrower and not spec["valid"] and not wrong:
            continue
        assert spec["valid"] == (not wrong), f"{text}\nschema/spec.json: {wrong or 'fine'}\nthe parser: {spec['errors'] or 'fine'}"
        said[spec["valid"]] += 1
    return said


@test
def the_parser_and_the_schema_judge_every_value_alike():
    seen, narrower = {}, set()
    for path, found in places(SCHEMA):
        for value in itertools.chain.from_iterable(values(v) for v in found):
            document = spec_with(SCHEMA, path, value)
            seen[json.dumps(document)] = document
            if is_narrower(found):
                narrower.add(json.dumps(document))
    said = same_verdict(list(seen.items()), narrower)
    assert said[True] > 15 and said[False] > 50, said
    return f"{said[True]} good ones, {said[False]} bad ones"


@test
def a_key_that_is_needed_is_needed_by_both():
    documents = {}
    for path, found in places(SCHEMA):
        for v in found:
            for key in v.get("required", []):
                document = spec_with(SCHEMA, path, {k: x for k, x in smallest(v).items() if k != key})
                documents[json.dumps(document)] = document
    assert same_verdict(list(documents.items()))[True] == 0


def load(text):
    """As editors read it, by YAML 1.2: "on" is a word."""
    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {}
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(~|null|)$"), ["~", "n", ""])
    return yaml.load(text, Loader)


def documented():
    man = re.findall(r"^\.Bd [^\n]*\n(version: 1\n.*?)^\.Ed$", (HERE.parent / "man/slipway.8").read_text(), re.M | re.S)
    readme = re.findall(r"^```yaml\n(version: 1\n.*?)^```$", (HERE.parent / "README.md").read_text(), re.M | re.S)
    return [text for text in man + readme if not re.search(r"^(require|ignore|devices):", text, re.M)]


SAMPLES = [
    "version: 1\nkernel: { iommu: on }\n",
    "version: 1\nkernel:\n",
    "version: 1\nkernel:\n  arguments:\n",
    "version: 1\nkernel: { iommu: true }\n",
    "version: 1\nkernel: { iommu: off }\n",
    "version: 1\npassthrough:\n  - class=nvme\n",
    "version: 1\npassthrough:\n  - device: ',class=nvme,,serial=S1*,'\n",
    "version: 1\npassthrough: [{ device: 'serial=' }]\n",
    "version: 1\npassthrough: [{ device: '0000:05:20.0' }]\n",
    "version: 1\npassthrough: [{ device: '0000:05:00.8' }]\n",
    "version: 1\npassthrough: [{ device: '10000:01:00.0' }]\n",
    "version: 1\npassthrough: [{ device: 'klass=nvme' }]\n",
    "version: 1\npassthrough: [{ device: ',' }]\n",
    "version: 1\npassthrough: [{ device: '" + ",".join(["model=a"] * 16) + "' }]\n",
    "version: 1\npassthrough: [{ device: '" + ",".join(["model=a"] * 17) + "' }]\n",
    "version: 1\nkernel: &a { iommu: on }\npassthrough: []\n",
    "kernel: { iommu: on }\n",
]


@test
def samples_are_judged_alike():
    texts = documented() + SAMPLES
    if not jsonschema:
        raise Skip("jsonschema or yaml is not installed (packages python3-jsonschema, python3-yaml)")
    said = same_verdict([(text, load(text)) for text in texts])
    assert said[True] >= 5 and said[False] >= 9, said


@test
def all_errors_are_told_at_once_in_the_file_s_order_and_near_misses_are_named():
    (spec,) = check(["verison: 1\nkernel:\n  iomu: on\n  nested: yes\npassthrough:\n  - devise: class=nvme\n    count: none\n"])
    places_said = [(e["line"], e["column"]) for e in spec["errors"]]
    assert places_said == sorted(places_said) == [(1, 1), (1, 1), (3, 3), (4, 11), (6, 5), (6, 5), (7, 12)], spec["errors"]
    text = "\n".join(e["message"] for e in spec["errors"])
    (spec,) = check(["version: 1\npassthrough: [{ device: klass=nvme }]\n"])
    assert len(spec["errors"]) == 1, spec["errors"]
    for word in ("version", "iommu", "device"):
        assert f"did you mean '{word}'?" in text, text


@test
def a_value_that_is_wrong_is_not_called_missing_as_well():
    rows = [("bonds: [{ name: bond0, ports: [a], mode: x }]", "mode must be"), ("bridges: [{ name: waytoolongname12345, ports: [a] }]", "name must be"),
            ("bridges: [{ name: br0, ports: x }]", "ports must be"), ("memory: { hugepages: [{ size: 3M, count: 1 }] }", "size must be"),
            ("memory: { hugepages: [{ size: 2M, count: -1 }] }", "count must be"), ("pools: [{ name: a/b, path: /x }]", "the name of a pool"),
            ("networks: [{ name: a/b }]", "name")]
    with Folder() as folder:
        for text, told in rows:
            (folder / "a.yaml").write_text(f"version: 1\n{text}\n")
            errors = slipway("--json", "check-spec", folder / "a.yaml", status=2).json()["specs"][0]["errors"]
            assert len(errors) == 1 and told in errors[0]["message"], (text, errors)


@test
def what_is_no_spec_is_told_as_such():
    for text in ("", "# nothing\n", "[", "\t", "a: b: c", "version: 1\n---\nversion: 1\n", b"version: 1\xff\n", "&a [*a]", "version: &v [*v]\n"):
        (spec,) = check([text])
        assert spec["errors"], text
    with Folder() as folder:
        r = slipway("check-spec", folder / "none.yaml", status=2)
        assert b"No such file" in r.err and not r.out
        slipway("check-spec", folder, status=2)
    slipway("check-spec", status=2)


@test
def words_of_the_file_do_not_write_to_the_terminal():
    with Folder() as folder:
        (folder / "a.yaml").write_bytes(b'version: 1\n"\\e[31mred": 1\n')
        for arguments in (["check-spec"], ["--json", "check-spec"]):
            r = slipway(*arguments, folder / "a.yaml", status=2)
            assert b"\x1b" not in r.out + r.err and b"red" in r.err


@test
def plan_says_the_same():
    with Folder() as folder:
        (folder / "a.yaml").write_text("version: 1\nkernel: { iomu: on }\nbogus: 1\n")
        told = slipway("check-spec", folder / "a.yaml", status=2)
        assert not told.out and told.err == slipway("plan", "-f", folder / "a.yaml", root=folder, status=2).err
        (folder / "a.yaml").write_text("version: 1\n")
        assert slipway("check-spec", folder / "a.yaml", status=0).out == b"Nothing wrong in the spec.\n"


if __name__ == "__main__":
    main()
