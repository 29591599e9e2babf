/**
 * What the stack does now: a row for each figure, or all of them in one.
 */
import { formatBytes, formatCount } from '../../output/units.ts';
import { clip, widthOf } from '../text/graphemes.ts';
import { emptyLine, type Line, type Paint } from '../view/paint.ts';
import { cellsOf, sparkline } from './columns.ts';
import type { DashboardState } from './state.ts';

export const figureRows = 7;

interface Figure {
  readonly label: string;
  readonly value: string;
  /** Of one row for all figures. */
  readonly short: string;
  readonly note: string;
  /** Drawn behind the note. */
  readonly curve?: readonly number[];
  readonly isBad?: boolean;
}

const labelWidth = 14;
const valueWidth = 11;
const peakWidth = 14;

export function figureLines(state: DashboardState, width: number, paint: Paint): readonly string[] {
  return figuresOf(state).map(({ label, value, note, curve, isBad = false }) => {
    const room = Math.max(0, width - labelWidth - valueWidth - 2);
    const loud = (text: string): string => paint.bold(paint.bad(text));
    const noteWidth = curve === undefined ? room : Math.min(peakWidth, room);
    return cellsOf([
      { text: label, width: Math.min(labelWidth, width), paint: isBad ? loud : paint.dim },
      { text: value, width: valueWidth, paint: isBad ? loud : paint.bold, align: 'right' },
      { text: '', width: 2 },
      { text: note, width: noteWidth, paint: isBad ? loud : paint.dim },
      { text: sparkline(curve ?? [], room - noteWidth), width: room - noteWidth, paint: paint.own },
    ]);
  });
}

/** The first ones, as many as there is room for; what is bad comes first. */
export function figureLine(state: DashboardState, width: number, paint: Paint): Line {
  const all = figuresOf(state);
  const sorted = [...all.filter(({ isBad = false }) => isBad), ...all.filter(({ isBad = false }) => !isBad)];
  let used = 1;
  const parts: string[] = [];
  for (const { short, isBad = false } of sorted) {
    const text = `${parts.length === 0 ? '' : ' · '}${short}`;
    if (used + widthOf(text) > width) break;
    used += widthOf(text);
    parts.push(isBad ? paint.bold(paint.bad(text)) : text);
  }
  return { ...emptyLine, left: ` ${parts.length === 0 ? clip(sorted[0]?.short ?? '', width - 1) : parts.join('')}` };
}

function figuresOf({ latest, rates }: DashboardState): readonly Figure[] {
  const dead = latest?.deadLetters ?? 0;
  const memory = latest?.memoryBytes === undefined ? '–' : formatBytes(latest.memoryBytes);
  return [
    rateOf(
      'sent',
      rates.map(({ sent }) => sent),
      perSecond,
    ),
    rateOf(
      'delivered',
      rates.map(({ delivered }) => delivered),
      perSecond,
    ),
    countOf('sessions', latest?.sessions, latest === undefined ? '' : `${formatCount(latest.sent)} messages so far`),
    countOf('behind', latest?.behind, latest?.behind === 0 ? 'history has everything' : 'records not in history yet'),
    {
      ...countOf('dead letters', latest?.deadLetters, dead === 0 ? '' : 'cecochat dead-letters list'),
      isBad: dead > 0,
    },
    { label: 'memory', value: memory, short: memory, note: 'of all servers' },
    rateOf(
      'CPU',
      rates.map(({ cpu }) => cpu),
      (cpu) => `${Math.round(cpu * 100)} %`,
    ),
  ];
}

function rateOf(label: string, curve: readonly number[], format: (value: number) => string): Figure {
  const last = curve.at(-1);
  const value = last === undefined ? '–' : format(last);
  const note = last === undefined ? '' : `peak ${format(Math.max(...curve))}`;
  return { label, value, short: `${value} ${label}`, note, curve };
}

function countOf(label: string, count: number | undefined, note: string): Figure {
  const value = count === undefined ? '–' : formatCount(count);
  return { label, value, short: `${value} ${label}`, note };
}

function perSecond(value: number): string {
  return `${value < 10 && !Number.isInteger(value) ? value.toFixed(1) : formatCount(value)}/s`;
}
