#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The JSON Schemas of schema/ and what the program prints agree, both ways."""

import copy
import json
import re

import make_host
import make_rack
from captured import NAMES, Captured
from tap import HERE, Folder, Skip, main, slipway, test

try:
    import jsonschema
except ImportError:
    jsonschema = None

FOLDER = HERE.parent / "schema"
SCHEMAS = {f.name: json.loads(f.read_text()) for f in sorted(FOLDER.glob("*.json"))}
# Members that need not be there, and objects whose keys are not fixed.
OPTIONAL = {"present", "offline", "boot", "bits", "arguments_running", "arguments_next_boot", "vfio_pci_next_boot", "config_next_boot",
            "secure_execution_host", "secure_execution_guest", "machine_type", "huge_pages_for_guests", "zpci"}
MAPS = {"config", "config_next_boot", "modules"}
PLANS = ("plan", "apply", "bind", "release", "attach", "detach", "move", "vfs")


def validator(name):
    if not jsonschema:
        raise Skip("jsonschema is not installed (package python3-jsonschema)")
    base = FOLDER.as_uri() + "/"
    resolver = jsonschema.RefResolver(base + name, SCHEMAS[name], store={base + other: schema for other, schema in SCHEMAS.items()})
    return jsonschema.Draft202012Validator(SCHEMAS[name], resolver=resolver)


def complaints(document):
    verb = re.fullmatch(r"slipway\.([a-z-]+)/1", document["schema"])[1]
    name = "plan.json" if verb in PLANS else verb + ".json"
    return [f"{name}, {'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in validator(name).iter_errors(document)]


def valid(document, where=""):
    found = complaints(document)
    assert not found, f"{where}: schema/{found[0]} (and {len(found) - 1} more); schema/ and the code must agree"
    return document


def objects(schema):
    """Every schema of an object, wherever it stands."""
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema.get("additionalProperties"), bool):
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


@test
def the_schemas_are_schemas_and_leave_no_object_open():
    n = 0
    for name, schema in SCHEMAS.items():
        validator(name).check_schema(schema)
        text = json.dumps(schema)
        assert text.count('"properties": {') == len(list(objects(schema))) == text.count('"additionalProperties": false'), name
        for o in objects(schema):
            assert set(o["required"]) <= set(o["properties"]), (name, o["required"])
            n += 1
        for ref in re.findall(r'"\$ref": "([^"]+)"', text):
            with validator(name).resolver.resolving(ref) as found:
                assert isinstance(found, dict), ref
    assert n > 30


@test
def the_answers_on_file_are_valid():
    files = sorted((HERE / "hosts").glob("*/audit.json"))
    assert len(files) >= 4
    for file in files:
        document = json.loads(file.read_text())
        # The files leave out the names, which are those of pci.ids.
        for device in document["devices"]:
            device.update(vendor_name=None, device_name=None)
        valid(document, file.parent.name)


def answers(root):
    for arguments in (["audit"], ["list"], ["show", "address=*"], ["status"], ["plan", "--kernel-arg", "a=b"], ["plan", "--passthrough", "class=nvme"]):
        r = slipway("--json", *arguments, root=root, status=(0, 1, 2, 3, 4))
        if r.out:
            yield r.json()


@test
def the_answers_of_captured_hosts_are_valid():
    seen = set()
    for name in [*NAMES, "lab"]:
        with Captured(name) as root:
            for document in answers(root):
                seen.add(valid(document, name)["schema"])
    assert seen == {f"slipway.{verb}/1" for verb in ("audit", "list", "show", "status", "plan")}, seen


@test
def the_answers_of_made_hosts_are_valid():
    for make, options in ((make_host.lab, {"iommu": False, "dmar": False}), (make_host.lab, {"on_vfio": (1,)}), (make_rack.rack, {}), (None, {})):
        with Folder() as root:
            if make:
                make(root, **options)
            for document in answers(root):
                valid(document, f"{make} {options}")
    with Folder() as root:
        make_host.add_mediated(make_host.lab(root), "0000:00:01.0")
        for document in answers(root):
            valid(document, "mediated devices")
    with Folder() as root:
        t = make_host.Tree(root)
        t.put("proc/cpuinfo", "vendor_id       : IBM/S390\n# processors    : 2\n")
        t.put("proc/sysinfo", "Type:                 8561\nLPAR Name:            LPA\n")
        t.put("sys/module/kvm/parameters/hpage", "1\n")
        make_host.add_function(t)
        make_host.add_channel(t)
        for document in answers(root):
            valid(document, "s390x")
    for table in sorted((HERE / "hosts/acpi").iterdir()):
        with Folder() as root:
            (root / "sys/firmware/acpi/tables").mkdir(parents=True)
            (root / "sys/firmware/acpi/tables" / table.suffix[1:]).write_bytes(table.read_bytes())
            valid(slipway("--json", "audit", root=root, status=(0, 1)).json(), table.name)


@test
def the_answers_of_this_host_are_valid():
    for verb in ("audit", "list", "status"):
        valid(slipway("--json", verb, status=(0, 1)).json(), verb)
    profiles = valid(slipway("--json", "profile", "list", status=0).json())["profiles"]
    for profile in profiles:
        valid(slipway("--json", "profile", "show", profile["name"], status=0).json(), profile)
    chosen = valid(slipway("--json", "profile", "show", "ceph-osd", "--explain", "--network", "none", status=(0, 4)).json())
    assert chosen["choices"]


@test
def what_an_apply_leaves_behind_is_valid():
    with Folder() as root:
        make_host.lab(root, iommu=False)
        for arguments in (["apply", "--kernel-arg", "a=b", "--yes"], ["verify"], ["status"], ["audit"]):
            valid(slipway("--json", *arguments, root=root, status=(0, 1)).json(), arguments)
        document = slipway("--json", "status", root=root, status=(0, 1)).json()
        assert document["transactions"] and document["last"] == "applied"


@test
def a_rollback_tells_what_became_of_it():
    def rollback(*arguments, status=0):
        told = valid(slipway("--json", "rollback", *arguments, root=root, status=status).json(), arguments)
        return told["transaction"], told["state"], len(told["later"]), told["reboot_required"]

    with Folder() as root:
        make_host.lab(root, iommu=False)
        assert rollback() == (None, None, 0, False)
        for more in ([], ["--kernel-arg", "c=d"]):
            slipway("apply", "--kernel-arg", "a=b", *more, "--yes", root=root, status=0)
        assert rollback("1", status=3) == (1, "applied", 1, False)
        assert rollback() == (2, "undone", 0, False)
        assert rollback() == (1, "undone", 0, False)
        assert not slipway("--json", "rollback", "7", root=root, status=2).out


def places(value, path=()):
    """Each object of a document, one of a list standing for all."""
    if isinstance(value, dict):
        yield path
        for key, child in value.items():
            yield from places(child, (*path, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def at(value, path):
    for step in path:
        value = value[step]
    return value


def spoilt(document, path, change):
    """What is complained of once one object of the document is changed."""
    copied = copy.deepcopy(document)
    change(at(copied, path))
    return complaints(copied)


@test
def a_member_too_many_or_too_few_is_noticed():
    with Folder() as root:
        make_host.lab(root)
        audit = slipway("--json", "audit", root=root, status=(0, 1)).json()
        plan = slipway("--json", "plan", "--passthrough", "class=nvme", root=root, status=3).json()
    audit["devices"] = audit["devices"][-1:]
    n = 0
    for document in (audit, plan):
        for path in places(document):
            if path and path[-1] in MAPS:
                continue
            assert spoilt(document, path, lambda o: o.update(surprise=1)), path
            for key in at(document, path).keys() - OPTIONAL - {"schema"}:
                assert spoilt(document, path, lambda o: o.pop(key)), (path, key)
                n += 1
    assert n > 100
    return f"{n} members"


def words_of(path, function):
    text = (HERE.parent / path).read_text()
    body = re.search(rf"^const char \*{function}\(.*?^}}", text, re.M | re.S)[0]
    return set(re.findall(r'\] = "([^"]+)"', body))


@test
def the_words_of_the_schema_are_those_of_the_code():
    device, checks, host = SCHEMAS["device.json"], SCHEMAS["checks.json"], SCHEMAS["host.json"]
    part = host["properties"]
    for path, function, enum in (
            ("detect/acs.c", "acs_name", device["$defs"]["acs"]),
            ("detect/sharing.c", "sharing_name", device["properties"]["sharing"]),
            ("passthrough/assess.c", "assessment_name", device["properties"]["verdict"]),
            ("audit/finding.c", "verdict_name", checks["items"]["properties"]["verdict"]),
            ("audit/audit.c", "readiness_name", checks["$defs"]["readiness"]),
            ("detect/cpu.c", "virtualization_name", part["cpu"]["properties"]["virtualization"]),
            ("detect/environment.c", "environment_name", part["environment"]["properties"]["kind"]),
            ("detect/module.c", "module_state_name", host["$defs"]["module"]),
            ("installer/transaction_state.c", "transaction_state_name", SCHEMAS["status.json"]["$defs"]["state"])):
        assert words_of(path, function) == {word for word in enum["enum"] if word}, (path, function, words_of(path, function))
    states = re.findall(r'\[FIRST_BOOT_\w+\] = "([^"]+)"', (HERE.parent / "installer/first_boot.c").read_text())
    assert {"waiting", *states} - {"none"} == set(SCHEMAS["status.json"]["$defs"]["first_boot"]["properties"]["state"]["enum"])
    said = slipway("plan", "--passthrough", "class=nvme", "--allow", "nonsense", status=2).err.decode()
    assert set(said.split("the reasons are ")[1].strip().split(", ")) == set(device["$defs"]["use"]["enum"])
    kinds = set()
    for file in (HERE.parent / "installer").glob("change_*.c"):
        kinds |= set(re.findall(r'const struct change_ops \w+ = \{ "([\w-]+)"', file.read_text()))
    assert kinds == set(SCHEMAS["plan.json"]["$defs"]["changes"]["items"]["properties"]["kind"]["enum"])


if __name__ == "__main__":
    main()
