#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The man page, README.md, the help texts, the completion and the code say the same. Prints TAP.

test_docs.py SLIPWAY SOURCE_FOLDER COMPLETION_FILE"""

import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SLIPWAY, SOURCE, COMPLETION = sys.argv[1:]

tests = []


def test(function):
    tests.append(function)
    return function


class Skip(Exception):
    pass


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return file.read()


def slipway(*arguments):
    return subprocess.run([SLIPWAY, *arguments], capture_output=True, text=True, timeout=60)


def plain(text):
    """For comparing: one line, no capitals, no final full stop."""
    return " ".join(text.split()).lower().rstrip(".")


def same(what, a, b):
    assert a == b, f"{what}: {a} and {b}"


# --- what the program says ---


def parse_options(help_text):
    """{"--file": ("f", "SPEC", "read ...")} from a help text."""
    options = {}
    for line in help_text.splitlines():
        match = re.match(r"  (?:-(\w), |    )(--[\w-]+)(?: (\S+))? +(\S.*)$", line)
        if match:
            options[match[2]] = match.groups()[0:1] + match.groups()[2:]
    return options


def parse_verbs(help_text):
    block = help_text.split("\nVerbs:\n")[1].split("\n\n")[0]
    return dict(line.split(None, 1) for line in block.splitlines())


HELP = slipway("--help").stdout
VERBS = parse_verbs(HELP)
GLOBAL = parse_options(HELP)
OPTIONS = {verb: parse_options(slipway(verb, "--help").stdout) for verb in VERBS}


def exit_statuses(help_text):
    """{3: "refused by a safety rule"} from the sentence at the end of the help."""
    sentence = " ".join(help_text.split("Exit status: ")[1].split()).rstrip(".")
    return {int(part.split()[0]): part.split(None, 1)[1] for part in sentence.split("; ")}


def code_checks():
    rows = re.findall(r'^\t\{ "([\w.-]+)", "([\w-]+)", "(.*)", (true|false), check_', read("audit/audit.c"), re.MULTILINE)
    return {name: (text, required == "true") for name, _, text, required in rows}


# --- what the man page says ---


class Item:
    def __init__(self, head):
        self.head, self.text = head, ""


class Section:
    def __init__(self):
        self.items, self.text = [], ""


def unmark(line):
    """A line of mdoc(7) without its macros, well enough for comparing words."""
    if not line.startswith("."):
        return line.replace("\\&", "")
    words = [word for word in line[1:].split()[1:] if word not in ("Cm", "Ar", "Fl", "Ns", "Pa", "Ql", "No", "Oo", "Oc")]
    return " ".join(words)


def parse_man():
    """{"VERBS/audit": Section}: options and checks are the items of lists."""
    sections, name, item, depth = {}, "", None, 0
    for line in read("man/slipway.8").splitlines():
        macro = line.split()[0] if line.startswith(".") else ""
        if macro in (".Sh", ".Ss"):
            title = line.split(None, 1)[1]
            name = title if macro == ".Sh" else f"{name.split('/')[0]}/{title}"
            sections[name], item = Section(), None
        elif macro == ".Bl":
            depth += 1
        elif macro == ".El":
            depth, item = depth - 1, None
        elif macro == ".It" and depth == 1:
            item = Item(line[len(".It ") :])
            sections[name].items.append(item)
        elif name:
            where = item or sections[name]
            where.text += unmark(line) + "\n"
    return sections


MAN = parse_man()


def man_options(section):
    """As parse_options(): .It Fl f , Fl -file Ar SPEC"""
    options = {}
    for item in MAN[section].items:
        match = re.match(r"(?:Fl (\w) , )?Fl -([\w-]+)(?: Ar (\S+))?$", item.head)
        if match:
            options["--" + match[2]] = (match[1], match[3], item.text)
    return options


def compare_options(where, code, man):
    same(f"options of {where} in the code and in the man page", sorted(code), sorted(man))
    for name, (letter, argument, text) in code.items():
        same(f"letter and argument of {where} {name}", (letter, argument), man[name][:2])
        assert plain(man[name][2]).startswith(plain(text)), f"{where} {name}: {text!r} is not what the man page says: {man[name][2]!r}"


# --- the tests ---


@test
def every_verb_is_in_the_man_page_and_none_else():
    man = [name.split("/")[1] for name in MAN if name.startswith("VERBS/")]
    same("verbs", sorted(VERBS), sorted(man))


@test
def the_man_page_says_of_each_verb_what_the_help_says():
    for verb, text in VERBS.items():
        wanted, got = plain(text), plain(MAN["VERBS/" + verb].text)
        # Questions and sentences go on in the manual where the help has to be brief.
        assert wanted.split(",")[0].split("?")[0] in got, f"{verb}: {wanted!r} is not in {got!r}"


@test
def the_global_options_are_those_of_the_man_page():
    compare_options("slipway", GLOBAL, man_options("GLOBAL OPTIONS"))


@test
def the_options_of_each_verb_are_those_of_the_man_page():
    for verb in VERBS:
        man = man_options("VERBS/" + verb)
        if "the options of plan" in MAN["VERBS/" + verb].text:
            man.update(man_options("VERBS/plan"))
        compare_options(verb, OPTIONS[verb], man)


@test
def every_option_in_the_man_page_s_text_exists():
    known = set(GLOBAL).union(*OPTIONS.values())
    used = {"--" + name for name in re.findall(r"\bFl -([a-z][\w-]*)", read("man/slipway.8"))}
    same("options used in the text that nobody knows", sorted(used - known), [])


@test
def the_usage_of_each_verb_names_only_options_that_it_has():
    for verb in VERBS:
        usage = slipway(verb, "--help").stdout.splitlines()[0]
        for name in re.findall(r"--[\w-]+", usage):
            assert name in OPTIONS[verb], f"{usage}: {name}"
        for letter in re.findall(r"\[-(\w)", usage):
            assert letter in [option[0] for option in OPTIONS[verb].values()], f"{usage}: -{letter}"


@test
def the_checks_of_the_code_are_those_of_the_man_page():
    man = {}
    for item in MAN["CHECKS"].items:
        words = item.head.split()
        same(f"markup of {item.head}", words[0], "Cm")
        man[words[1]] = ("(required)" in words, item.text)
    code = code_checks()
    same("ids", sorted(code), sorted(man))
    for name, (text, required) in code.items():
        same(f"{name} is required", required, man[name][0])
        assert plain(man[name][1]).startswith(plain(text)), f"{name}: {text!r} is not {man[name][1]!r}"


@test
def the_audit_prints_the_checks_that_the_code_lists():
    with tempfile.TemporaryDirectory() as root:
        document = json.loads(slipway("--root", root, "--json", "audit").stdout)
    same("ids", [check["id"] for check in document["checks"]], list(code_checks()))


@test
def exit_statuses_agree():
    help_says = exit_statuses(HELP)
    code = {int(n) for n in re.findall(r"EXIT_\w+ = (\d+)", read("cli/cli.h"))}
    man = {int(item.head): plain(item.text) for item in MAN["EXIT STATUS"].items}
    readme = dict(re.findall(r"^\| (\d) \| (.*?) \|$", read("README.md"), re.MULTILINE))
    same("numbers in code and help", code, set(help_says))
    same("numbers in man page and help", set(man), set(help_says))
    same("numbers in README.md and help", {int(n) for n in readme}, set(help_says))
    for number, text in help_says.items():
        assert plain(man[number]).startswith(plain(text)), f"{number}: man page: {man[number]!r}, help: {text!r}"
        assert plain(readme[str(number)]).startswith(plain(text)), f"{number}: README.md: {readme[str(number)]!r}, help: {text!r}"


@test
def the_keys_of_selectors_are_those_of_the_man_page():
    with tempfile.TemporaryDirectory() as root:
        said = slipway("--root", root, "list", "nonsense=1").stderr
    code = said.split("the keys are ")[1].split()
    same("keys", sorted(code), sorted(item.head.split()[-1] for item in MAN["SELECTORS"].items))


@test
def the_reasons_of_allow_are_those_of_the_man_page():
    said = slipway("plan", "--passthrough", "class=nvme", "--allow", "nonsense").stderr
    reasons = said.split("the reasons are ")[1].strip().split(", ")
    same("USES", reasons, re.findall(r"^\.It (\w+)$", read("man/slipway.8").split(".Sh USES")[1].split(".Sh ")[0], re.M))


def yaml_examples():
    man = re.findall(r"^\.Bd [^\n]*\n(version: 1\n.*?)^\.Ed$", read("man/slipway.8"), re.MULTILINE | re.DOTALL)
    # What is cloud-init's is tried in test_firstboot_wish.py.
    readme = re.findall(r"^```yaml\n(?!#cloud-config)(.*?)^```$", read("README.md"), re.MULTILINE | re.DOTALL)
    return man + readme


def spec_examples():
    found = [text for text in yaml_examples() if not is_policy(text)]
    assert len(found) >= 2
    return found


def is_policy(text):
    return re.search(r"^(require|ignore|devices):", text, re.MULTILINE)


@test
def the_policies_in_the_documents_are_accepted():
    found = [text for text in yaml_examples() if is_policy(text)]
    assert len(found) >= 2
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "policy.yaml")
        for text in found:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            result = slipway("--root", folder, "audit", "--policy", path)
            same("status and errors", (result.returncode, path in result.stderr), (1, False))


@test
def the_specs_in_the_documents_are_accepted():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "host.yaml")
        for text in spec_examples():
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            same("what is wrong", slipway("check-spec", path).stderr, "")


@test
def every_key_of_the_spec_has_its_place_in_the_man_page():
    page = read("man/slipway.8").split(".Sh SPEC FILE\n")[1].split("\n.Sh ")[0]
    parts = dict(part.split("\n", 1) for part in page.split("\n.Ss ")[1:])
    schema = json.loads(read("schema/spec.json"))
    same("sections of SPEC FILE", sorted(parts), sorted(schema["properties"].keys() - {"version"}))
    for name in parts:
        keys, rest = set(), [schema["properties"][name]]
        while rest:
            part = rest.pop()
            part = schema["$defs"][part["$ref"].split("/")[-1]] if "$ref" in part else part
            keys |= part.get("properties", {}).keys()
            rest += [*part.get("properties", {}).values(), *part.get("oneOf", []), *part.get("anyOf", []), *([part["items"]] if "items" in part else [])]
        missing = [key for key in sorted(keys) if not re.search(rf"\bCm {key}\b", parts[name])]
        same(f"keys of {name} that the man page does not tell", missing, [])


def example_lines():
    """(where, words) of every line of an example that calls slipway."""
    blocks = re.findall(r"^```(?:sh|console)?\n(.*?)^```$", read("README.md"), re.MULTILINE | re.DOTALL)
    blocks += re.findall(r"^\.Bd .*\n(.*?)^\.Ed$", read("man/slipway.8"), re.MULTILINE | re.DOTALL)
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            call = re.match(r"(?:[#$] )?(?:build/)?slipway (.*)", line)
            if call:
                yield line, shlex.split(call[1], comments=True)


def parse_words(line, words, options):
    """The words behind the options; asserts that each option is known and has its argument."""
    letters = {f"-{option[0]}": name for name, option in options.items() if option[0]}
    positional = []
    while words:
        word = words.pop(0)
        if word in ("|", ">", "&&", ";"):
            break
        name = letters.get(word, word.split("=")[0] if word.startswith("--") else None)
        if name is None:
            positional.append(word)
            if options is GLOBAL:
                return positional, words
            continue
        assert name in options, f"{line}: no option {word}"
        if options[name][1] and "=" not in word:
            assert words, f"{line}: {word} needs {options[name][1]}"
            words.pop(0)
    return positional, words


@test
def the_examples_use_verbs_and_options_that_exist():
    used = set()
    for line, words in example_lines():
        verb, rest = parse_words(line, words, GLOBAL)
        if not verb:
            continue
        assert verb[0] in VERBS, f"{line}: no verb {verb[0]}"
        used.add(verb[0])
        parse_words(line, rest, OPTIONS[verb[0]])
    missing = {"audit", "list", "plan", "apply", "verify", "profile", "attach", "detach", "rollback"} - used
    same("verbs without an example", sorted(missing), [])


@test
def the_readme_names_the_packages_that_the_build_needs():
    line = re.search(r"^apt-get install (.*?[^\\])\n", read("README.md"), re.MULTILINE | re.DOTALL)[1]
    listed = read("tests/packages").split("# to build\n")[1].split("\n\n")[0]
    same("packages", line.replace("\\", "").split(), listed.split())


@test
def the_files_that_the_readme_names_are_there():
    for folder in re.findall(r"^\| `([\w./]+)` ", read("README.md").split("## Where things are")[1], re.MULTILINE):
        assert folder.startswith("/") or os.path.exists(os.path.join(SOURCE, folder)), folder


@test
def the_man_page_has_no_slips_of_markup():
    page = os.path.join(SOURCE, "man/slipway.8")
    if not shutil.which("mandoc"):
        raise Skip("mandoc is not installed")
    result = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
    same("mandoc -T lint", result.stdout, "")


@test
def man_shows_the_page_without_a_warning():
    page = os.path.join(SOURCE, "man/slipway.8")
    if not shutil.which("man"):
        raise Skip("man is not installed")
    environment = dict(os.environ, LC_ALL="C.UTF-8", MANROFFSEQ="", MANWIDTH="80")
    result = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], env=environment, capture_output=True, text=True)
    same("man --warnings", result.stderr, "")


# --- completion ---


def complete(*words):
    """What bash offers for the last word."""
    quoted = " ".join(shlex.quote(word) for word in words)
    script = f"compopt() {{ :; }}; . {shlex.quote(COMPLETION)}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _slipway; " \
             'printf "%s\\n" "${COMPREPLY[@]}"'
    result = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, timeout=60)
    same("stderr of bash", result.stderr, "")
    return result.stdout.split()


@test
def the_completion_is_what_the_program_prints():
    with open(COMPLETION, encoding="utf-8") as file:
        same("completion", file.read(), slipway("--completion").stdout)


@test
def shellcheck_finds_nothing_in_the_completion():
    if not shutil.which("shellcheck"):
        raise Skip("shellcheck is not installed")
    same("shellcheck", subprocess.run(["shellcheck", COMPLETION], capture_output=True, text=True).stdout, "")


@test
def completion_offers_all_verbs_and_global_options():
    offered = complete("slipway", "")
    same("words", sorted(offered), sorted([*VERBS, *GLOBAL]))


@test
def completion_offers_each_verb_s_options():
    for verb in VERBS:
        offered = [word for word in complete("slipway", verb, "") if word.startswith("--")]
        same(verb, sorted(offered), sorted([*OPTIONS[verb], "--help"]))


@test
def completion_narrows_to_what_was_typed():
    same("ver", complete("slipway", "ver"), ["verify"])
    same("--json au", complete("slipway", "--json", "au"), ["audit"])
    same("plan --pass", complete("slipway", "plan", "--pass"), ["--passthrough"])
    same("profile d", complete("slipway", "profile", "d"), ["define"])


@test
def completion_offers_folders_after_root_and_goes_on_behind():
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "captured"))
        with open(os.path.join(folder, "capture.txt"), "w", encoding="utf-8"):
            pass
        same("--root", complete("slipway", "--root", folder + "/cap"), [folder + "/captured"])
        same("behind", complete("slipway", "--root", folder, "stat"), ["status"])


def type_in_bash(text, wanted):
    """What an interactive bash shows after `text` was typed."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(PS1="> ", TERM="dumb", INPUTRC="/dev/null")
        os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
    shown, deadline = b"", time.monotonic() + 20
    os.write(terminal, f". {shlex.quote(COMPLETION)}; echo read''y\n".encode())
    typed = False
    # The line is never finished: what it says must not run.
    while wanted.encode() not in shown and time.monotonic() < deadline:
        if not typed and b"ready\r\n" in shown:
            os.write(terminal, text.encode())
            typed = True
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 4096)
    os.kill(child, signal.SIGKILL)
    os.close(terminal)
    os.waitpid(child, 0)
    return shown.decode(errors="replace")


@test
def an_interactive_bash_completes_a_verb():
    shown = type_in_bash("slipway roll\t", "slipway rollback ")
    assert "slipway rollback " in shown, shown


def main():
    failed = 0
    for n, function in enumerate(tests, 1):
        name = function.__name__
        try:
            function()
            print(f"ok {n} - {name}")
        except Skip as reason:
            print(f"ok {n} - {name} # SKIP {reason}")
        except Exception as error:
            failed += 1
            print("\n".join("# " + line for line in f"{type(error).__name__}: {error}".splitlines()))
            print(f"not ok {n} - {name}")
    print(f"1..{len(tests)}")
    return failed > 0


sys.exit(main())
