/**
 * `doctor`: checks of this machine, with a fix for each finding. Exit code 1 when something must be fixed.
 */
import { CecochatError } from '../../services/core/errors.ts';
import { formatTable, type Cell } from '../output/table.ts';
import { runChecks, type Finding } from '../stack/doctor/checks.ts';
import type { CommandModule, CommandResult, Invocation } from './command.ts';
import { addExamples } from './options.ts';

export const doctorCommand: CommandModule = {
  define(command, run) {
    command
      .description(
        'Check Node.js, limits, disk, state folder, ports, left-over state and Docker; each finding with its fix.',
      )
      .action(() => run((invocation) => doctor(invocation)));
    addExamples(command, [['cecochat doctor --json', 'for bug reports']]);
  },
};

async function doctor({ environment, output }: Invocation): Promise<CommandResult> {
  const { colours } = output;
  const findings = await runChecks(environment);
  const paint = { ok: colours.green, info: colours.dim, warning: colours.yellow, failed: colours.red } as const;
  const rows = findings.map(({ check, state, message }): (string | Cell)[] => [
    { text: state, paint: paint[state] },
    check,
    message,
  ]);
  const fixes = findings.flatMap((finding: Finding) =>
    finding.fix === null ? [] : [`fix ${finding.check}: ${finding.fix}`],
  );
  const failed = findings.filter((finding) => finding.state === 'failed').map((finding) => finding.check);
  const text = [formatTable(rows), ...(fixes.length === 0 ? [] : ['', ...fixes])].join('\n');
  const data = { findings };
  if (failed.length === 0) {
    return { data, text };
  }
  const failure = new CecochatError('settings.invalid', `this machine needs a fix: ${failed.join(', ')}`);
  return { data, text, failure };
}
