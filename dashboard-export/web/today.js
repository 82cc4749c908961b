// Today beside the same day last week. Pure: numbers for the plot and for the sentence above it.
import { count, difference } from './numbers.js';
import { HOUR, MINUTE } from './zone.js';

const STEP = 15 * MINUTE;
const DAY_HOURS = 24;

export function today(views, zone, now) {
  const minute = Math.floor(now / MINUTE) * MINUTE;
  const midnight = zone.midnight(now);
  const before = zone.midnightAfter(now, -7);
  const end = zone.midnightAfter(now, 1);
  // A step that has only begun says little: the line ends with the last one of some minutes.
  const to = minute - midnight < STEP || (minute - midnight) % STEP >= 3 * MINUTE ? minute
    : minute - ((minute - midnight) % STEP);
  const line = views.rates(midnight, Math.max(to, midnight + MINUTE), STEP);
  const last = views.rates(before, before + (end - midnight), STEP);
  const isKnown = !views.isEmpty(before, before + (end - midnight));
  const sofar = views.sum(midnight, minute + MINUTE);
  const then = isKnown ? views.sum(before, before + (minute - midnight)) : null;
  return {
    sofar,
    then,
    change: difference(views.sum(midnight, minute) ?? 0, then),
    weekday: zone.weekday(before),
    // Hours since midnight: two days of another length lie over each other still.
    data: [last.map((_, i) => (i * STEP) / HOUR), last.map((_, i) => line[i] ?? null),
      isKnown ? last : last.map(() => null)],
  };
}

export function todaySaid({ sofar, then, change, weekday }, clock) {
  if (sofar === null) return 'No counts of today yet.';
  const views = `${count(sofar)} views today`;
  if (!change) return `${views}. There are no counts of last ${weekday} to compare with.`;
  return `${views}: ${change.text} last ${weekday} by ${clock}, which had ${count(then)}.`;
}

const two = (number) => String(number).padStart(2, '0');
const clock = (hours) => `${two(Math.floor(hours))}:${two(Math.round((hours % 1) * 60))}`;

export const todayShape = (weekday) => ({
  series: [{ name: 'today', kind: 'line' }, { name: `last ${weekday}`, kind: 'before' }],
  unit: 'views a minute',
  range: () => [0, DAY_HOURS],
  label: clock,
  tick: (x) => (x === DAY_HOURS ? '' : clock(x)),
  ticks: (min, max, width) => [0, 3, 6, 9, 12, 15, 18, 21, 24].filter((hour) => width >= 420 || hour % 6 === 0),
});
