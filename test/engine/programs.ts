import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LocalHost } from './local-host.ts';

/** Puts a program before the machine's own on a local host's PATH. */
export const addProgram = (host: LocalHost, name: string, script: string): void => {
  const file = path.join(path.dirname(host.root), 'bin', name);
  writeFileSync(file, script);
  chmodSync(file, 0o755);
};

/** A unit's state is `load active enabled` in /run/units/NAME; NAME.VERB beside it is what the verb does besides. */
const systemctl = `#!/bin/sh
units=$PERFPLAY_ROOT/run/units
verb=$1
shift
[ "$verb" != show ] || {
  while [ "$1" != -- ]; do shift; done
  shift
  gap=''
  for unit; do
    load=not-found active=inactive enabled=''
    [ ! -e "$units/$unit" ] || read -r load active enabled <"$units/$unit"
    printf "\${gap}Id=%s\\nLoadState=%s\\nActiveState=%s\\nUnitFileState=%s\\n" "$unit" "$load" "$active" "$enabled"
    gap='\\n'
  done
  exit 0
}
echo "$verb $*" >>"$PERFPLAY_ROOT/run/systemctl.log"
[ "$verb" != daemon-reload ] || exit 0
unit=$1
[ -e "$units/$unit" ] || { echo "Unit $unit not found." >&2; exit 5; }
read -r load active enabled <"$units/$unit"
[ ! -e "$units/$unit.$verb" ] || . "$units/$unit.$verb" || exit 1
case $verb in
  start) [ "$load" != masked ] || { echo "Failed to start $unit: Unit $unit is masked." >&2; exit 1; }; active=active ;;
  stop) active=inactive ;;
  enable) enabled=enabled ;;
  disable) enabled=disabled ;;
  mask) load=masked enabled=masked ;;
  unmask) load=loaded enabled=disabled ;;
esac
echo "$load $active $enabled" >"$units/$unit"
`;

/** Gives the host a systemctl with these units: `loaded active enabled`. */
export const addSystemctl = (host: LocalHost, units: Readonly<Record<string, string>>): void => {
  addProgram(host, 'systemctl', systemctl);
  host.write('/run/systemctl.log', '');
  for (const [name, state] of Object.entries(units)) host.write(`/run/units/${name}`, `${state}\n`);
};

/** What systemctl was told to change, in order. */
export const systemctlCalls = (host: LocalHost): readonly string[] =>
  (host.read('/run/systemctl.log') ?? '').split('\n').filter(Boolean);
