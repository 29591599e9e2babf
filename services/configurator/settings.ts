/** The settings of configurator. */
import { adminSetting, drainSetting, httpSettings } from '../runtime/host-settings.ts';
import { booleanSetting } from '../runtime/setting-types.ts';
import { declareSettings, type ValuesOf } from '../runtime/settings.ts';

export const configuratorSettings = declareSettings('configurator', {
  ...httpSettings,
  ...adminSetting,
  ...drainSetting,
  replaceDeadServers: booleanSetting({
    default: true,
    doc: 'Whether partitions of a messaging server whose lease ended move to the living. Off where all run in one process.',
  }),
});

export type ConfiguratorSettings = ValuesOf<(typeof configuratorSettings)['settings']>;
