#!/bin/bash
# SPDX-License-Identifier: MIT
#
# installed.sh - what `meson install` leaves is all that others need
#
#     installed.sh SOURCE_ROOT BUILD_ROOT VERSION
#
# Installs below a private folder, and from there on uses nothing of the
# source tree but the examples: public headers, pkg-config files, manual pages,
# completion, the adapter of docs/add-an-api.md and the policies of
# docs/write-a-policy.md, with the very commands that stand there.

set -euo pipefail

source_root=$1 build_root=$2 version=$3
work=$(mktemp -d "${TMPDIR:-/tmp}/belay-installed.XXXXXX")
trap 'rm -rf "$work"' EXIT
dest=$work/dest

fail() {
	printf 'installed.sh: %s\n' "$*" >&2
	exit 1
}

one_of() {
	local found

	found=$(find "$dest" -path "*/$1" -print -quit)
	[ -n "$found" ] || fail "$1 is not installed"
	printf '%s\n' "$found"
}

headers_stand_alone() {
	local header

	for header in call clock observer policy status; do
		printf '#include <belay/%s.h>\nint main(void) { return 0; }\n' \
			"$header" >"$work/$header.c"
		# shellcheck disable=SC2046 # flags are words
		"${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror \
			-fsyntax-only $(pkg-config --cflags belay-call) \
			"$work/$header.c" || fail "$header.h needs another"
	done
}

pkg_config_says() {
	local package

	for package in belay-call belay-adapter belay-policy; do
		[ "$(pkg-config --modversion "$package")" = "$version" ] ||
			fail "$package.pc does not say version $version"
	done
	pkg-config --libs belay-adapter | grep -q -e '-lbelay-interpose' ||
		fail "belay-adapter.pc lacks the interposer"
	if pkg-config --libs belay-call | grep -q interpose; then
		fail "belay-call.pc brings the interposer"
	fi
	if pkg-config --libs belay-policy | grep -q -e '-l'; then
		fail "belay-policy.pc links a policy to something"
	fi
	[[ $(one_of belay/policies/fault.so) == \
		*"$(pkg-config --variable=policydir belay-policy)/fault.so" ]] ||
		fail "belay-policy.pc does not say where policies are"
}

manual_is_there() {
	local page pages

	pages=$(find "$dest" -name '*.[135]' | sort)
	for page in belay belay-run belay-trace belay-report belay-ps \
		belay-apis belay-idl; do
		grep -q "/$page.1\$" <<<"$pages" || fail "no page $page(1)"
	done
	grep -q "/belay-rules.5\$" <<<"$pages" || fail "no page belay-rules(5)"
	grep -q "/man3/CoMarshalInterface.3\$" <<<"$pages" ||
		fail "no page CoMarshalInterface(3)"
	# A page of one line only names the one that it is part of.
	while read -r page; do
		[ "$(wc -l <"$page")" -eq 1 ] ||
			mandoc -T lint -W warning "$page" ||
			fail "$page is not clean"
	done <<<"$pages"
}

completion_is_there() {
	local file

	file=$(one_of share/bash-completion/completions/belay)
	# shellcheck source=/dev/null
	(. "$file" && complete -p belay >/dev/null) ||
		fail "$file completes nothing"
}

# The indented lines of a document from the first compiler to the next line
# that is not.
documented_commands() {
	awk '/^    cc /{on=1} on && !/^    /{exit} on{print substr($0, 5)}' "$1"
}

the_adapters_can_be_shown() {
	"$(one_of bin/belay)" apis | grep -q '^aio - ' ||
		fail "belay apis does not show what is installed"
}

the_documented_adapter_works() {
	local got

	mkdir "$work/post"
	cp "$source_root"/docs/examples/post/* "$work/post"
	documented_commands "$source_root/docs/add-an-api.md" >"$work/commands"
	grep -q 'belay run ' "$work/commands" ||
		fail "docs/add-an-api.md has no commands"
	sed -i "s|^belay run|belay run --json=$work/post.json|" "$work/commands"
	(cd "$work/post" && PATH=$(dirname "$(one_of bin/belay)"):$PATH \
		bash -euo pipefail "$work/commands") >"$work/post.txt" ||
		fail "the commands in docs/add-an-api.md do not work"
	got=$(jq -c '.operations[] | [.operation, .calls, .refused, .cancels,
		.finished, .canceled, .in_flight]' "$work/post.json")
	[ "$got" = '["post.send",3,1,1,2,1,0]' ] ||
		fail "the documented adapter saw $got"
	grep -q '^  post.send$' "$work/post.txt" ||
		fail "belay apis did not show the documented adapter"
	grep -q 'slow:  Operation canceled' "$work/post.txt" ||
		fail "the program was disturbed: $(cat "$work/post.txt")"
}

the_documented_policies_work() {
	mkdir "$work/policies"
	cp "$source_root"/docs/examples/policies/* "$work/policies"
	documented_commands "$source_root/docs/write-a-policy.md" \
		>"$work/commands"
	(cd "$work/policies" && PATH=$(dirname "$(one_of bin/belay)"):$PATH \
		bash -euo pipefail "$work/commands") \
		>"$work/policies.txt" 2>&1 ||
		fail "the commands in docs/write-a-policy.md do not work:" \
			"$(cat "$work/policies.txt")"
	policies_say 'bandwidth.so does what it should'
	policies_say '^  limit=SIZE  bytes a second .*must be given'
	policies_say '^     aio.read  yes'
	policies_say 'acted on 16 of 16 calls that it fits'
	policies_say ' READ: bw=([1-9][0-9]{2}|10[0-2][0-9])KiB/s'
	policies_say '^belay: brownout: [1-9][0-9]* of [0-9]+ calls failed, [0-9]+ never'
}

policies_say() {
	grep -qE -- "$1" "$work/policies.txt" ||
		fail "\"$1\" is not in: $(cat "$work/policies.txt")"
}

# A private root: nothing but the flags of pkg-config leads to the headers.
com_headers_stand_alone() {
	local header language

	for header in windows ole2 objbase unknwn objidl wtypes rpc rpcndr \
		rpcproxy winerror guiddef basetyps windef cguid combaseapi cocall \
		comarshal belay/com/apartment belay/com/unknwn; do
		printf '#include <%s.h>\n' "$header" >"$work/com.c"
		printf '#include <%s.h>\n' belay/status belay/call \
			belay/com/windows >>"$work/com.c"
		for language in c c++; do
			# shellcheck disable=SC2046 # flags are words
			"${CC:-cc}" -x "$language" -Wall -Wextra -Wpedantic \
				-Werror -fsyntax-only \
				$(pkg-config --cflags belay-com) "$work/com.c" ||
				fail "$header.h needs another, in $language"
		done
	done
}

# What pkg-config says is enough, without a path of the loader's.
com_programs_link() {
	printf '%s\n' '#include <objbase.h>' 'int main(void)' '{' \
		'	return CoInitialize(NULL);' '}' >"$work/link.c"
	# shellcheck disable=SC2046 # flags are words
	env -u LD_LIBRARY_PATH "${CC:-cc}" $(pkg-config --cflags belay-com) \
		"$work/link.c" -o "$work/link" $(pkg-config --libs belay-com) \
		>"$work/link.txt" 2>&1 ||
		fail "A COM program does not link: $(cat "$work/link.txt")"
}

# in_installed FOLDER COMMANDS - runs them there, with what is installed
in_installed() {
	env -C "$1" PATH="$(dirname "$(one_of bin/belay)"):$PATH" \
		LD_LIBRARY_PATH="$(dirname "$(one_of libbelay-com.so.0)")" \
		bash -euo pipefail -c "$2"
}

the_com_example_builds() {
	local idl

	idl=$dest$(PKG_CONFIG_SYSROOT_DIR='' \
		pkg-config --variable=idldir belay-com)
	for file in objidl unknwn wtypes; do
		[ -s "$idl/$file.idl" ] || fail "$file.idl is not in $idl"
	done
	cp -r "$source_root/docs/examples/com" "$work/com"
	in_installed "$work/com" 'meson setup build --fatal-meson-warnings \
		-Dwerror=true && ninja -C build && build/adder' \
		>"$work/com.txt" 2>&1 || fail "docs/examples/com does not build:" \
		"$(cat "$work/com.txt")"
	grep -q '^40 + 2 = 42, 0x00000000$' "$work/com.txt" ||
		fail "docs/examples/com computes wrong: $(cat "$work/com.txt")"
}

the_first_interface_works() {
	local line

	cp -r "$source_root/docs/examples/primes" "$work/primes"
	awk '/^    belay idl /{on=1} on && !/^    /{exit} on{print substr($0, 5)}' \
		"$source_root/docs/first-interface.md" >"$work/commands"
	in_installed "$work/primes" "$(<"$work/commands")" \
		>"$work/primes.txt" 2>&1 ||
		fail "the commands in docs/first-interface.md do not work:" \
			"$(cat "$work/primes.txt")"
	# Twice by hand, in C and in C++, and twice under Belay.
	while read -r line; do
		[ "$(grep -cxF -- "$line" "$work/primes.txt")" -eq 4 ] ||
			fail "\"$line\" is not there four times:" \
				"$(cat "$work/primes.txt")"
	done < <(awk '/^    Name: /{on=1} on && !/^    /{exit} on{print substr($0, 5)}' \
		"$source_root/docs/first-interface.md" | grep -v '^Cancel')
	grep -qE '^com\.IPrimes\.Count ' "$work/primes.txt" ||
		fail "belay run does not show the calls: $(cat "$work/primes.txt")"
}

the_examples_build() {
	local file

	for file in "$source_root"/docs/examples/*.c; do
		[ -e "$file" ] || fail "there are no examples"
		# shellcheck disable=SC2046 # flags are words
		"${CC:-cc}" -Wall -Wextra -Werror -o "$work/example" "$file" \
			$(pkg-config --cflags --libs belay-call) ||
			fail "$file does not build against what is installed"
	done
}

DESTDIR=$dest meson install -C "$build_root" --no-rebuild --quiet
PKG_CONFIG_LIBDIR=$(dirname "$(one_of pkgconfig/belay-call.pc)")
export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR=$dest
unset LD_PRELOAD LD_LIBRARY_PATH

pkg_config_says
headers_stand_alone
the_adapters_can_be_shown
the_documented_adapter_works
the_documented_policies_work
the_examples_build
com_headers_stand_alone
com_programs_link
the_com_example_builds
the_first_interface_works
manual_is_there
completion_is_there
