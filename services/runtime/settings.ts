/**
 * Static settings, declared once: name, type, unit, default, environment variable, doc, secret. The same
 * declaration reads them from all sources with every fault at once, and feeds the configuration reference.
 */
import { CecochatError } from '../core/errors.ts';

export interface Setting<T> {
  readonly type: string;
  readonly unit: string | undefined;
  readonly doc: string;
  /** Undefined with `required`: must be given. */
  readonly default: T | undefined;
  readonly required: boolean;
  readonly secret: boolean;
  /** Throws nothing: a text says what is wrong. */
  readonly parse: (text: string) => { readonly value: T } | { readonly fault: string };
}

export type SettingMap = Readonly<Record<string, Setting<unknown>>>;
export type ValuesOf<M extends SettingMap> = {
  readonly [K in keyof M]: M[K] extends Setting<infer T> ? T : never;
};

export interface SettingsDeclaration<M extends SettingMap> {
  /** "messaging": begins the environment variables (CECOCHAT_MESSAGING_...). */
  readonly scope: string;
  readonly settings: M;
}

/** Where texts come from, the strongest first: flags, file, environment. */
export interface SettingsSource {
  readonly origin: string;
  /** By setting name; for the environment by variable name. */
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly keyedBy: 'name' | 'variable';
}

export interface ResolvedSettings<M extends SettingMap> {
  readonly values: ValuesOf<M>;
  /** "flag", "file x", "environment CECOCHAT_…" or "default", by setting name. */
  readonly origins: Readonly<Record<string, string>>;
}

export function declareSettings<M extends SettingMap>(scope: string, settings: M): SettingsDeclaration<M> {
  return { scope, settings };
}

/** clientQueueBytes of messaging → CECOCHAT_MESSAGING_CLIENT_QUEUE_BYTES */
export function variableOf(scope: string, name: string): string {
  return `CECOCHAT_${scope}_${name.replace(/([a-z0-9])([A-Z])/g, '$1_$2')}`.replace(/[-.]/g, '_').toUpperCase();
}

/** Error: settings.invalid with all faults, one a line; `data` holds them by setting name. */
export function resolveSettings<M extends SettingMap>(
  declaration: SettingsDeclaration<M>,
  sources: readonly SettingsSource[],
): ResolvedSettings<M> {
  const values: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  const faults: Record<string, string> = unknownNames(declaration, sources);
  for (const [name, setting] of Object.entries(declaration.settings)) {
    const found = find(declaration.scope, name, sources);
    const parsed = found === undefined ? undefined : setting.parse(found.text);
    origins[name] = found?.origin ?? 'default';
    if (parsed === undefined) {
      values[name] = setting.default;
      if (setting.required) faults[name] = `is required: give ${name} or ${variableOf(declaration.scope, name)}`;
    } else if ('fault' in parsed) {
      const shown = setting.secret ? '' : `${JSON.stringify(found?.text)} `;
      faults[name] = `${shown}(from ${found?.origin}) ${parsed.fault}`;
    } else {
      values[name] = parsed.value;
    }
  }
  if (Object.keys(faults).length > 0) throw invalidSettings(declaration.scope, faults);
  return Object.freeze({ values: Object.freeze(values) as ValuesOf<M>, origins });
}

/** All defaults, with some values given as they are: for callers in code. Required ones must be among them. */
export function settingsWith<M extends SettingMap>(
  declaration: SettingsDeclaration<M>,
  given: Partial<ValuesOf<M>>,
): ValuesOf<M> {
  const texts = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return resolveSettings(declaration, [{ origin: 'code', keyedBy: 'name', values: Object.fromEntries(texts) }]).values;
}

export interface SettingReference {
  readonly name: string;
  readonly variable: string;
  readonly type: string;
  readonly unit: string | undefined;
  /** As text; "(secret)" is never a value: secrets have no default that is shown. */
  readonly default: string;
  readonly doc: string;
}

export function describeSettings(declaration: SettingsDeclaration<SettingMap>): readonly SettingReference[] {
  return Object.entries(declaration.settings).map(([name, setting]) => ({
    name,
    variable: variableOf(declaration.scope, name),
    type: setting.type,
    unit: setting.unit,
    default: setting.required ? '(required)' : setting.secret ? '(none)' : String(setting.default),
    doc: setting.doc,
  }));
}

/** For logs and diagnostics. */
export function withoutSecrets(
  declaration: SettingsDeclaration<SettingMap>,
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.map(([k, v]) => [k, declaration.settings[k]?.secret === false ? v : '(secret)']));
}

function find(scope: string, name: string, sources: readonly SettingsSource[]) {
  for (const source of sources) {
    const key = source.keyedBy === 'name' ? name : variableOf(scope, name);
    const text = Object.hasOwn(source.values, key) ? source.values[key] : undefined;
    if (text !== undefined)
      return { text, origin: source.keyedBy === 'name' ? source.origin : `${source.origin} ${key}` };
  }
  return undefined;
}

/** A variable is unknown when it begins like this scope's; a name when no setting has it. */
function unknownNames(declaration: SettingsDeclaration<SettingMap>, sources: readonly SettingsSource[]) {
  const names = Object.keys(declaration.settings);
  const variables = new Set(names.map((name) => variableOf(declaration.scope, name)));
  const prefix = `${variableOf(declaration.scope, '')}`;
  const faults: Record<string, string> = {};
  for (const source of sources) {
    for (const key of Object.keys(source.values)) {
      const unknown = source.keyedBy === 'name' ? !names.includes(key) : key.startsWith(prefix) && !variables.has(key);
      if (unknown)
        faults[key] = `(from ${source.origin}) is no setting of ${declaration.scope}; known: ${names.join(', ')}`;
    }
  }
  return faults;
}

/** All faults, one a line; `data` holds them by setting name. */
export function invalidSettings(scope: string, faults: Readonly<Record<string, string>>): CecochatError {
  const lines = Object.entries(faults).map(([name, fault]) => `${name} ${fault}`);
  const head = `${lines.length} ${lines.length === 1 ? 'setting' : 'settings'} of ${scope} cannot be used:`;
  return new CecochatError('settings.invalid', [head, ...lines].join('\n  '), {
    hint: 'cecochat config reference lists all settings',
    data: faults,
  });
}
