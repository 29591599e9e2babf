/**
 * Import directions: no violation of .dependency-cruiser.cjs, and the proof that the tool saw every module
 * (with an unknown compiler it sees none, and passes).
 */
import { lines, run, runTool } from './tool.ts';

const folders = ['bin', 'cli', 'services'];

interface CruiseReport {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
}

export async function checkDirections(root: string): Promise<string[]> {
  const listed = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders], root);
  const files = lines(listed.stdout).filter((file) => /\.tsx?$/.test(file));
  const present = folders.filter((folder) => files.some((file) => file.startsWith(`${folder}/`)));
  const cruised = await runTool(
    'depcruise',
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...present],
    root,
  );
  if (!cruised.stdout.startsWith('{')) return [`dependency-cruiser did not report: ${cruised.stdout}${cruised.stderr}`];
  const report: CruiseReport = JSON.parse(cruised.stdout);
  const seen = new Set(report.modules.map((module) => module.source));
  const missed = files.filter((file) => !seen.has(file));
  return [
    ...report.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    ...missed.map((file) => `not seen by dependency-cruiser: ${file}`),
    ...(files.length === 0 ? ['no module found'] : []),
  ];
}
