#!/usr/bin/env bash
# Checks the types in the script of the page, which stand in its comments, with TypeScript.
#
# Installs TypeScript into target/tools/typescript first, in the version and with the hashes of
# scripts/setup/typescript/package-lock.json. Where node or npm is missing, or npm cannot install,
# it says so and checks nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'check-types.sh: %s\n' "$*" >&2; }

for tool in node npm; do
    command -v $tool >/dev/null || {
        say "no $tool: the types in the script of the page are not checked; install Node.js and" \
            "npm (on Debian or Ubuntu 'apt-get install nodejs npm')"
        exit 0
    }
done

lock=scripts/setup/typescript
tools=target/tools/typescript
# The lock is copied again when all is there, so that an installation that was killed is repeated.
if ! cmp -s $lock/package-lock.json $tools/installed.json; then
    say "installing TypeScript into $tools (27 MB)"
    mkdir -p $tools
    cp $lock/package.json $lock/package-lock.json $tools
    npm ci --prefix $tools --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null || {
        say 'npm could not install TypeScript, so the types in the script of the page are not' \
            'checked: look at the network and try again'
        exit 0
    }
    cp $lock/package-lock.json $tools/installed.json
fi
node $tools/node_modules/typescript/bin/tsc --project crates/programs/report/page || {
    say 'the script of the page does not have the types that its comments say'
    exit 1
}
say 'the script of the page has the types that its comments say'
