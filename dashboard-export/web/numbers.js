// Numbers as the reader's language writes them.

// Those that the reader prefers: a browser's own language may be one of few.
const languages = globalThis.navigator?.languages;
const format = (options) => new Intl.NumberFormat(languages, options);
const whole = format({ maximumFractionDigits: 0 });
const tenth = format({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
const share = format({ style: 'percent', maximumFractionDigits: 1 });
const percent = format({ style: 'percent', maximumFractionDigits: 0 });

export const count = (value) => whole.format(value);

// A mean: small ones have a digit behind the point, since 0.4 views a minute are not none.
export const mean = (value) => (value < 10 && !Number.isInteger(value) ? tenth : whole).format(value);

export const decimal = (value) => tenth.format(value);

export const shareOf = (part, all) => share.format(all > 0 ? part / all : 0);

// How far `now` is from `before`, in words: "12 % more than". Null when nothing can be said.
export function difference(now, before) {
  if (before == null || before <= 0) return null;
  const change = now / before - 1;
  if (Math.abs(change) < 0.005) return { direction: 'same', text: 'as many as' };
  // Far from it a factor says more than a percentage.
  if (change >= 9.995) return { direction: 'up', text: `${whole.format(now / before)} times as many as` };
  return { direction: change > 0 ? 'up' : 'down',
    text: `${percent.format(Math.abs(change))} ${change > 0 ? 'more' : 'fewer'} than` };
}

// How long ago, coarser the longer: "1 s", "3 min", "2 h", "4 days".
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${whole.format(Math.floor(seconds / 86400))} days`;
}
