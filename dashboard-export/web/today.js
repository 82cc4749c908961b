// Today beside the same day last week. Pure: numbers for the plot and for the sentence above it.
import { count, difference } from './numbers.js';
import { HOUR, MINUTE } from './zone.js';

const STEP = 15 * MINUTE;
const TICK_HOURS = 3;

export function today(views, zone, now) {
  const minute = Math.floor(now / MINUTE) * MINUTE;
  const midnight = zone.midnight(now);
  const end = zone.midnightAfter(now, 1);
  const before = zone.midnightAfter(now, -7);
  const beforeEnd = zone.midnightAfter(now, -6);
  const by = Math.min(before + (minute - midnight), beforeEnd);
  // A step that has only begun says little: the line ends with the last one of some minutes.
  const to = minute - midnight < STEP || (minute - midnight) % STEP >= 3 * MINUTE ? minute
    : minute - ((minute - midnight) % STEP);
  const line = views.rates(midnight, Math.max(to, midnight + MINUTE), STEP);
  const last = views.rates(before, beforeEnd, STEP);
  const isKnown = !views.isEmpty(before, beforeEnd);
  const sofar = views.sum(midnight, minute + MINUTE);
  const then = isKnown ? views.sum(before, by) : null;
  // Where clocks are changed a day has 23 or 25 hours; hours since midnight compare it with any other.
  const steps = Array.from({ length: (end - midnight) / STEP }, (_, i) => i);
  return {
    midnight,
    sofar,
    then,
    change: difference(views.sum(midnight, minute) ?? 0, then),
    weekday: zone.weekday(before),
    by: by === beforeEnd ? '24:00' : zone.clock(by),
    data: [steps.map((i) => (i * STEP) / HOUR), steps.map((i) => line[i] ?? null),
      steps.map((i) => (isKnown ? last[i] ?? null : null))],
  };
}

export function todaySaid({ sofar, then, change, weekday, by }) {
  if (sofar === null) return 'No counts of today yet.';
  const views = `${count(sofar)} views today`;
  if (!change) return `${views}. There are no counts of last ${weekday} to compare with.`;
  return `${views}: ${change.text} last ${weekday} by ${by}, which had ${count(then)}.`;
}

// Of what today() returns: x are hours since midnight, and their texts what the clock says then.
export function todayShape({ midnight, weekday, data: [xs] }, zone) {
  const clock = (x) => zone.clock(midnight + x * HOUR);
  const end = (xs.length * STEP) / HOUR;
  const ticks = new Map(); // a time that comes twice has its tick where it comes first
  for (const x of xs) {
    const [hour, minute] = clock(x).split(':').map(Number);
    if (minute === 0 && hour % TICK_HOURS === 0 && !ticks.has(hour)) ticks.set(hour, x);
  }
  ticks.set(24, end);
  return {
    series: [{ name: 'today', kind: 'line' }, { name: `last ${weekday}`, kind: 'before' }],
    unit: 'views a minute',
    range: () => [0, end],
    label: clock,
    tick: (x) => (x === end ? '' : clock(x)),
    ticks: (min, max, width) =>
      [...ticks].filter(([hour]) => width >= 420 || hour % (2 * TICK_HOURS) === 0).map(([, x]) => x),
  };
}
