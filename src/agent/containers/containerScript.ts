/**
 * First process of a job’s container. It reads a script from standard input, so that no variable, secret or command is
 * in the list of processes or in the runtime’s records, and passes signals on to all processes of the container, as the
 * agent does with a session: a shell alone would ignore them as the first process, and its children would not get them.
 */
export const INIT = `script=$(cat)
forward() { got=1; if [ "$$" = 1 ]; then kill "-$1" -1; else kill "-$1" "$child"; fi; }
for signal in TERM INT HUP QUIT USR1 USR2; do trap "forward $signal" "$signal"; done
(eval "$script") </dev/null &
child=$!
got= code=
while :; do
  wait "$child"; ended=$?
  [ "$ended" = 127 ] && [ -n "$code" ] && break
  code=$ended
  [ -n "$got" ] || break
  got=
done
exit "$code"`;

export interface ContainerCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Variables of the image to remove first; null for all that there are. */
  readonly without: readonly string[] | null;
  readonly directory: string;
  /** Both outputs share one stream, which keeps their order. */
  readonly merged: boolean;
  /** File in which the script says how far it came. */
  readonly stateFile: string;
}

export const STARTED = 'started';
export const NO_DIRECTORY = 'no directory';
export const NO_PROGRAM = 'no program';

/** Words after "export" in the list of exported variables, as every shell prints it. */
const UNSET_ALL = `set -f
for word in $(export -p); do
  if [ "$before" = export ]; then
    name=\${word%%=*}
    case $name in '' | [0-9]* | *[!A-Za-z0-9_]*) ;; *) unset "$name" ;; esac
  fi
  before=$word
done
unset before word name
set +f`;

/** Script that becomes the command. */
export function containerScript({ argv, env, without, directory, merged, stateFile }: ContainerCommand): string {
  const [program = ''] = argv;
  const state = (text: string) => `printf %s ${quote(text)} >${quote(stateFile)}`;
  return [
    ...(merged ? ['exec 2>&1'] : []),
    ...(without?.map((name) => `unset ${name}`) ?? [UNSET_ALL]),
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd -- ${quote(directory)} || { ${state(NO_DIRECTORY)}; exit 126; }`,
    `command -v -- ${quote(program)} >/dev/null 2>&1 || { ${state(NO_PROGRAM)}; exit 127; }`,
    `${state(STARTED)} || exit 125`,
    `exec ${argv.map(quote).join(' ')}`,
    '',
  ].join('\n');
}

/** A word of a POSIX shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
