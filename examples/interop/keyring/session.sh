#!/usr/bin/env bash
# One desktop session, with a Secret Service of its own: what the client keeps in it.
#
#     dbus-run-session -- session.sh CLIENT URL TOKEN_DIR first|again|other
#
# `first` logs in, `again` finds the tokens of `first`, `other` has another keyring.
set -euo pipefail

client=$1 url=$2 export_dir=$3 part=$4
export MCP_CLIENT_TOKEN_DIR=$export_dir
unset MCP_CLIENT_PASSPHRASE

ok() { echo "  ok $part: $1"; }
no() {
    echo "  FAILED $part: $1" >&2
    exit 1
}

# The password of the login keyring, which a desktop gets at its login.
printf 'the password of the test' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1

output=$("$client" --headless login "$url" 2>&1 >/dev/null) || no "exit code 0 of the login"
files=("$MCP_CLIENT_TOKEN_DIR"/*.keyring.json)
[[ ${#files[@]} == 1 && -s ${files[0]} ]] || no "one file that the keyring protects"
ok "tokens in one file that the keyring protects"
case $part in
first)
    grep -q '^approve ' <<<"$output" || no "a login"
    ok "logged in"
    ;;
again)
    grep -q '^tokens     stored ones' <<<"$output" || no "the stored tokens"
    if grep -q '^approve ' <<<"$output"; then no "no login"; fi
    ok "the stored tokens are used"
    ;;
other)
    grep -q 'unreadable file kept as .*another key than the keyring has\|unreadable file kept as .*the key that it needs is gone' <<<"$output" ||
        no "a word about the file of another keyring"
    [[ $(ls "$MCP_CLIENT_TOKEN_DIR"/*.corrupt-* | wc -l) == 1 ]] || no "the other file kept"
    ok "the file of another keyring is kept aside, and said"
    ;;
esac

token=$("$client" --json tokens show --reveal "$url" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["access_token"])')
[[ -n $token ]] || no "a token that can be revealed"
if grep -qF -- "$token" "${files[0]}"; then no "no token that the file shows"; fi
ok "the token is in the file, and does not show"
