#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Lint, as TAP: clang-tidy for each C file, cppcheck over all of them, shellcheck for each shell file.
# lint.sh BUILD, from the top folder; BUILD was configured with clang and is built.
set -u

build=$(realpath "$1") || exit 2 # cppcheck finds no header by a relative path
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
n=0
failed=0

# report STATUS NAME FILE: one test; FILE has what was found.
report() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		failed=$((failed + 1))
		echo "not ok $n - $2"
		sed 's/^/# /' "$3"
	fi
}

tidy() {
	/usr/bin/python3 -c 'if True:
		import json, os, sys
		for entry in json.load(open(sys.argv[1] + "/compile_commands.json")):
		    path = os.path.relpath(os.path.join(entry["directory"], entry["file"]))
		    if not path.startswith(os.path.relpath(sys.argv[1]) + "/"):
		        print(path)' "$build" | sort -u >"$work/files"
	# shellcheck disable=SC2016
	xargs -P "$(nproc)" -I FILE sh -c '
		out=$2/$(echo "$3" | tr / %)
		clang-tidy --quiet -p "$1" "$3" >"$out.out" 2>"$out.err"
		echo $? >"$out.status"' sh "$build" "$work" FILE <"$work/files"
	while read -r file; do
		out=$work/$(echo "$file" | tr / %)
		# Without a verdict clang-tidy has said the reason on the other channel.
		[ -s "$out.out" ] || mv "$out.err" "$out.out"
		report "$(cat "$out.status")" "clang-tidy $file" "$out.out"
	done <"$work/files"
}

cppcheck_all() {
	cppcheck --project="$build/compile_commands.json" --suppressions-list=tests/cppcheck.suppressions --quiet -j "$(nproc)" \
		--enable=warning,performance,portability --library=gnu --library=posix --error-exitcode=1 >"$work/cppcheck" 2>&1
	report $? "cppcheck" "$work/cppcheck"
}

shell_files() {
	find . \( -path './build*' -o -path ./.git -o -path ./tests/fuzz/corpus \) -prune -o -type f -print | sed 's,^\./,,' | sort | while read -r file; do
		case "$file:$(head -c 60 "$file" | tr -d '\0' | head -n 1)" in
		*.sh:* | *:'#!/bin/sh'* | *:'#!/bin/bash'* | *:'# bash completion'*) echo "$file" ;;
		esac
	done
}

[ -f "$build/compile_commands.json" ] || {
	echo "lint.sh: $build is no build folder" >&2
	exit 2
}
tidy
cppcheck_all
shell_files >"$work/shell"
while read -r file; do
	shellcheck -x "$file" >"$work/shellcheck" 2>&1
	report $? "shellcheck $file" "$work/shellcheck"
done <"$work/shell"
echo "1..$n"
[ "$failed" = 0 ]
