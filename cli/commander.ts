/**
 * commander by require: to import CommonJS, Node first starts its WebAssembly lexer, which is a tenth of the
 * time that `--help` may take.
 */
import { createRequire } from 'node:module';

const commander: typeof import('commander') = createRequire(import.meta.url)('commander');

export const { Argument, Command, CommanderError, InvalidArgumentError, Option } = commander;

// The classes as types, so that one import serves for both.
export type Command = import('commander').Command;
export type CommanderError = import('commander').CommanderError;
export type Option = import('commander').Option;
