/** The settings of a messaging server. */
import { drainSetting, grpcSettings, httpSettings, jwksSetting } from '../runtime/host-settings.ts';
import { integerSetting, requiredTextSetting } from '../runtime/setting-types.ts';
import { declareSettings, type ValuesOf } from '../runtime/settings.ts';

export const messagingSettings = declareSettings('messaging', {
  ...httpSettings,
  ...grpcSettings,
  ...jwksSetting,
  ...drainSetting,
  serverId: requiredTextSetting({ doc: 'Its id in the dynamic configuration: s1, s2, ...' }),
  leaseMs: integerSetting({
    default: 2_000,
    min: 1_000,
    max: 60_000,
    unit: 'ms',
    doc: 'How long its partitions stay its own after it stopped answering; renewed five times as often.',
  }),
  sendsPerSecond: integerSetting({
    default: 20,
    min: 1,
    max: 100_000,
    unit: '1/s',
    doc: 'Sustained sends of one client.',
  }),
  sendsBurst: integerSetting({ default: 100, min: 1, max: 100_000, doc: 'Sends of one client in a burst.' }),
  sendsInFlight: integerSetting({ default: 64, min: 1, max: 100_000, doc: 'Unanswered sends of one client.' }),
  clientQueueMessages: integerSetting({
    default: 256,
    min: 2,
    max: 1_000_000,
    doc: 'What waits for one client at most; a client that does not read past it ends with slow.consumer.',
  }),
  clientQueueBytes: integerSetting({
    default: 1024 * 1024,
    min: 64 * 1024,
    max: 1024 * 1024 * 1024,
    unit: 'bytes',
    doc: 'The same in bytes.',
  }),
  tailBytes: integerSetting({
    default: 64 * 1024 * 1024,
    min: 1024,
    max: 64 * 1024 * 1024 * 1024,
    unit: 'bytes',
    doc: 'Memory for the latest messages of all its partitions; clients that missed older ones read the log.',
  }),
});

export type MessagingSettings = ValuesOf<(typeof messagingSettings)['settings']>;
