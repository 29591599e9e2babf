/**
 * Completion scripts from a table of commands. Pure.
 */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export interface CommandWords {
  /** "config get" */
  readonly path: string;
  readonly summary: string;
  /** "--name" ... */
  readonly options: readonly string[];
  /** Option → its allowed values. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Allowed values of its arguments. */
  readonly words: readonly string[];
}

export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      // zsh runs bash completions; one table for both stays right.
      return `#compdef cecochat\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`;
    case 'fish':
      return fishScript(commands);
  }
}

function bashScript(commands: readonly CommandWords[]): string {
  const cases = commands.map(
    (command) => `    '${command.path}') words='${nextWords(command, commands).join(' ')}' ;;`,
  );
  const values = commands.flatMap((command) =>
    Object.entries(command.values).map(
      ([option, choices]) => `    '${command.path} ${option}') words='${choices.join(' ')}' ;;`,
    ),
  );
  return `_cecochat() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' index
  for ((index = 1; index < COMP_CWORD && index < 3; index++)); do
    [[ "\${COMP_WORDS[index]}" == -* ]] && break
    path="\${path:+$path }\${COMP_WORDS[index]}"
  done
  case "$path" in
    '') words='${topWords(commands).join(' ')}' ;;
${cases.join('\n')}
    *) path="\${path%% *}"
      case "$path" in
${cases.map((line) => `    ${line}`).join('\n')}
      esac ;;
  esac
  case "$path $prev" in
${values.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _cecochat cecochat`;
}

function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => {
    const [parent, child] = command.path.split(' ');
    const seen = command.path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
    const condition = child === undefined ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${parent}`;
    const self = `complete -c cecochat -f -n '${condition}' -a ${child ?? parent ?? ''} -d '${escaped(command.summary)}'`;
    const options = command.options.map((option) => {
      const choices = command.values[option];
      const argument = choices === undefined ? '' : ` -x -a '${choices.join(' ')}'`;
      return `complete -c cecochat -n '${seen.join('; and ')}' -l ${option.slice(2)}${argument}`;
    });
    const words =
      command.words.length === 0
        ? []
        : [`complete -c cecochat -f -n '${seen.join('; and ')}' -a '${command.words.join(' ')}'`];
    return [self, ...options, ...words];
  });
  return lines.join('\n');
}

function topWords(commands: readonly CommandWords[]): string[] {
  return [
    ...commands.filter((command) => !command.path.includes(' ')).map((command) => command.path),
    '--help',
    '--version',
  ];
}

function nextWords(command: CommandWords, commands: readonly CommandWords[]): string[] {
  const children = commands.filter((other) => other.path.startsWith(`${command.path} `));
  return [...children.map((child) => child.path.slice(command.path.length + 1)), ...command.words, ...command.options];
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", String.raw`\'`)
    .replaceAll('\n', ' ');
}
