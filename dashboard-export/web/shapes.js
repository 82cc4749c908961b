// What plots of hours, days and minutes have in common: where their ticks are, and what these say.
import { DAY, HOUR, MINUTE } from './zone.js';

// Every so many-th of these, so that their texts have room.
function sparse(all, width, room) {
  const every = Math.max(1, Math.ceil((all.length * room) / Math.max(1, width)));
  return all.filter((_, i) => (all.length - 1 - i) % every === 0);
}

const half = (step) => (u, min, max) => [min, max + step];

export const minuteShape = (zone) => ({
  series: [{ name: 'Views', kind: 'bars' }],
  unit: 'views a minute',
  whole: true,
  range: half(MINUTE),
  label: (x) => zone.clock(x),
  tick: (x) => zone.clock(x),
  ticks: (min, max, width) => {
    const step = width < 420 ? 20 : 10;
    const ticks = [];
    for (let at = Math.ceil(min / (step * MINUTE)) * step * MINUTE; at <= max; at += step * MINUTE) ticks.push(at);
    return ticks;
  },
});

function midnights(zone, min, max) {
  const ticks = [];
  for (let at = zone.midnight(min); at <= max; at = zone.midnightAfter(at, 1)) if (at >= min) ticks.push(at);
  return ticks;
}

// Hours; ticks are at midnight, and at noon where there is room.
export const hourShape = (zone, kind) => ({
  series: [{ name: 'Views', kind }],
  unit: 'views an hour',
  whole: true,
  range: kind === 'bars' ? half(HOUR) : undefined,
  label: (x) => `${zone.shortDay(x)}, ${zone.clock(x)}`,
  tick: (x) => (zone.midnight(x) === x ? zone.shortDay(x) : zone.clock(x)),
  ticks: (min, max, width) => {
    const days = midnights(zone, min, max);
    if (max - min > 3 * DAY) return sparse(days, width, 64);
    const step = width < 420 ? 12 : 6;
    return days.length ? [-1, ...days.keys()].flatMap((i) => {
      const day = i < 0 ? zone.midnight(min) : days[i];
      return [0, 6, 12, 18].filter((hour) => hour % step === 0).map((hour) => day + hour * HOUR);
    }).filter((at) => at >= min && at <= max) : [];
  },
});

// Days are those of UTC, since only these are counted.
const utcShort = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' });
const utcLong = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' });

export const dayShape = () => ({
  series: [{ name: 'Views', kind: 'bars' }],
  unit: 'views a day',
  whole: true,
  range: half(DAY),
  label: (x) => utcLong.format(x),
  tick: (x) => utcShort.format(x),
  ticks: (min, max, width) => {
    const days = [];
    for (let at = Math.ceil(min / DAY) * DAY; at < max; at += DAY) days.push(at);
    return sparse(days, width, 64);
  },
});
