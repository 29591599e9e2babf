/**
 * Every command: what `--help` says of it, and where its module is. Nothing is loaded before it is called.
 */
import type { CommandEntry } from './command.ts';

export const commandGroups = {
  stack: 'The stack on this machine:',
  chat: 'Chat:',
  administration: 'Administration:',
  measuring: 'Proving and measuring:',
  other: 'Other:',
} as const satisfies Record<CommandEntry['group'], string>;

export const commandEntries: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'start a stack and wait until it is ready',
    group: 'stack',
    load: async () => (await import('./up.ts')).upCommand,
  },
  {
    name: 'down',
    summary: 'stop a stack; data stays unless --volumes',
    group: 'stack',
    load: async () => (await import('./down.ts')).downCommand,
  },
  {
    name: 'reset',
    summary: 'a fresh start: deletes what a stack stored, starts it again',
    group: 'stack',
    load: async () => (await import('./reset.ts')).resetCommand,
  },
  {
    name: 'status',
    summary: 'state, address and health of each server',
    group: 'stack',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  {
    name: 'scale',
    summary: 'change the number of messaging servers while it runs',
    group: 'stack',
    load: async () => (await import('./scale.ts')).scaleCommand,
  },
  {
    name: 'wait',
    summary: 'block until the stack is ready',
    group: 'stack',
    load: async () => (await import('./wait.ts')).waitCommand,
  },
  {
    name: 'logs',
    summary: 'show and follow the logs',
    group: 'stack',
    load: async () => (await import('./logs.ts')).logsCommand,
  },
  {
    name: 'doctor',
    summary: 'check this machine, with a fix for each finding',
    group: 'stack',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'service',
    summary: 'run one server, or all of them, in the foreground',
    group: 'stack',
    load: async () => (await import('./service.ts')).serviceCommand,
  },
  {
    name: 'chat',
    summary: 'chat in the terminal, as one user or as two side by side',
    group: 'chat',
    load: async () => (await import('./chat/chat.ts')).chatCommand,
  },
  {
    name: 'send',
    summary: 'send a message, or every line of standard input',
    group: 'chat',
    load: async () => (await import('./send/send.ts')).sendCommand,
  },
  {
    name: 'listen',
    summary: 'show missed messages, then new ones as they come',
    group: 'chat',
    load: async () => (await import('./listen/listen.ts')).listenCommand,
  },
  {
    name: 'history',
    summary: 'show what was said: a dialog, everything, the chats',
    group: 'chat',
    load: async () => (await import('./history/history.ts')).historyCommand,
  },
  {
    name: 'config',
    summary: 'read and change the dynamic configuration',
    group: 'administration',
    load: async () => (await import('./config/config.ts')).configCommand,
  },
  {
    name: 'user',
    summary: 'add, list and remove users, change passwords',
    group: 'administration',
    load: async () => (await import('./user.ts')).userCommand,
  },
  {
    name: 'dead-letters',
    summary: 'list and replay what history could not take',
    group: 'administration',
    load: async () => (await import('./dead-letters/dead-letters.ts')).deadLettersCommand,
  },
  {
    name: 'smoke',
    summary: 'check the whole journey of a message, step by step',
    group: 'measuring',
    load: async () => (await import('./smoke/smoke.ts')).smokeCommand,
  },
  {
    name: 'bench',
    summary: 'measure throughput, latency, memory of connections',
    group: 'measuring',
    load: async () => (await import('./bench/bench.ts')).benchCommand,
  },
  {
    name: 'plan',
    summary: 'capacity of a cell: servers, messages/s, MB/s, storage',
    group: 'measuring',
    load: async () => (await import('./plan/plan.ts')).planCommand,
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    group: 'other',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
];
