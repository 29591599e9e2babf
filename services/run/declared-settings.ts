/**
 * The static settings of all servers and engines. Loads no server.
 */
import { configuratorSettings } from '../configurator/settings.ts';
import { connectSettings } from '../connect/settings.ts';
import { historySettings } from '../history/settings.ts';
import { materializeSettings } from '../materialize/settings.ts';
import { messagingSettings } from '../messaging/settings.ts';
import { profileSettings } from '../profile/settings.ts';
import { engineOptionsOf, type ExternalEngineOptions } from '../runtime/engine-options.ts';
import { allEngines } from '../runtime/server.ts';
import {
  describeSettings,
  resolveSettings,
  type SettingMap,
  type SettingReference,
  type SettingsDeclaration,
  type SettingsSource,
} from '../runtime/settings.ts';
import { engineSettings } from '../runtime/stack-settings.ts';

/** Where the engines of a stack are, for tools beside it; undefined: in its process. Error: settings.invalid. */
export function externalEnginesOf(sources: readonly SettingsSource[]): ExternalEngineOptions | undefined {
  const settings = resolveSettings(engineSettings, sources).values;
  if (settings.backend === 'embedded') return undefined;
  const options = engineOptionsOf(settings, allEngines);
  return options.backend === 'external' ? options : undefined;
}

/** All static settings, for `config reference`. */
export function settingsReference(): readonly (SettingReference & { readonly scope: string })[] {
  const all: readonly SettingsDeclaration<SettingMap>[] = [
    engineSettings,
    profileSettings,
    connectSettings,
    messagingSettings,
    materializeSettings,
    historySettings,
    configuratorSettings,
  ];
  return all.flatMap((declaration) =>
    describeSettings(declaration).map((setting) => ({ scope: declaration.scope, ...setting })),
  );
}
