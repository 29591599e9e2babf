/** The settings of configurator. */
import { adminSetting, drainSetting, httpSettings } from '../runtime/host-settings.ts';
import { booleanSetting, integerSetting, textSetting } from '../runtime/setting-types.ts';
import { declareSettings, type ValuesOf } from '../runtime/settings.ts';

export const configuratorSettings = declareSettings('configurator', {
  ...httpSettings,
  ...adminSetting,
  ...drainSetting,
  seedServers: textSetting({
    default: '',
    doc: 'Messaging servers that share the partitions of a configuration which does not exist yet, such as s1,s2; it is made when they are named.',
  }),
  replaceDeadServers: booleanSetting({
    default: true,
    doc: 'Whether partitions of a messaging server whose lease ended move to the living. Off where all run in one process.',
  }),
  replaceAfterStartMs: integerSetting({
    default: 0,
    min: 0,
    max: 600_000,
    unit: 'ms',
    doc: 'How long after its own start it leaves the partitions of dead servers where they are, so that servers which start with it come back to theirs.',
  }),
  giveBackAfterMs: integerSetting({
    default: 10_000,
    min: 0,
    max: 3_600_000,
    unit: 'ms',
    doc: 'A messaging server whose partitions were spread over others gets a share back when it has lived again for so long and nothing else moves; 0: never.',
  }),
});

export type ConfiguratorSettings = ValuesOf<(typeof configuratorSettings)['settings']>;
