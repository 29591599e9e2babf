/** The settings of configurator. */
import { adminSetting, drainSetting, httpSettings } from '../runtime/host-settings.ts';
import { declareSettings, type ValuesOf } from '../runtime/settings.ts';

export const configuratorSettings = declareSettings('configurator', {
  ...httpSettings,
  ...adminSetting,
  ...drainSetting,
});

export type ConfiguratorSettings = ValuesOf<(typeof configuratorSettings)['settings']>;
