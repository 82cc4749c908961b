// Times of one zone. All times in files are UTC; a moment here is milliseconds since 1970, as Date has it.

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

// The start of "2026-11-24", "2026-11-24T13", or a time to the second, in UTC.
export function moment(text) {
  const [, y, m, d, h = 0, min = 0, s = 0] = text.match(/^(\d+)-(\d+)-(\d+)(?:T(\d+)(?::(\d+)(?::(\d+))?)?)?/);
  return Date.UTC(y, m - 1, d, h, min, s);
}

// "2026-11-24", the name of the day in UTC that the moment is in.
export const utcDay = (ms) => new Date(ms).toISOString().slice(0, 10);

const formatter = (zone, options) => new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options });

// Machines have names of zones that browsers do not, such as "localtime".
function isKnown(name) {
  try {
    return Boolean(name && formatter(name));
  } catch {
    return false;
  }
}

export class Zone {
  #parts; #clock; #seconds; #weekday; #day; #short;

  // A name such as Europe/Berlin; without one that the browser knows, the reader's own zone.
  constructor(name) {
    this.isReaders = !isKnown(name);
    this.name = this.isReaders ? new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC' : name;
    this.#parts = formatter(this.name, { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric',
      minute: 'numeric', second: 'numeric' });
    this.#clock = formatter(this.name, { hour: '2-digit', minute: '2-digit' });
    this.#seconds = formatter(this.name, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
    this.#weekday = formatter(this.name, { weekday: 'long' });
    this.#day = formatter(this.name, { weekday: 'long', day: 'numeric', month: 'long' });
    this.#short = formatter(this.name, { day: 'numeric', month: 'short' });
  }

  // How far the zone's clock is ahead of UTC then, in ms.
  offset(ms) {
    const at = Object.fromEntries(this.#parts.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const local = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second);
    return local - Math.floor(ms / 1000) * 1000;
  }

  // When the day began that the moment is in.
  midnight(ms) {
    const day = Math.floor((ms + this.offset(ms)) / DAY) * DAY;
    const guess = day - this.offset(ms);
    const midnight = day - this.offset(guess); // the clock may have been changed since midnight
    const earlier = midnight - HOUR; // or from one o'clock to it
    return earlier + this.offset(earlier) >= day ? earlier : midnight;
  }

  // When the day began that is so many days before or behind. Days have 23 to 25 hours: noon is in the right one.
  midnightAfter(ms, days) {
    return this.midnight(this.midnight(ms) + 12 * HOUR + days * DAY);
  }

  clock(ms) { return this.#clock.format(ms); }
  clockSeconds(ms) { return this.#seconds.format(ms); }
  weekday(ms) { return this.#weekday.format(ms); }
  day(ms) { return this.#day.format(ms); }
  shortDay(ms) { return this.#short.format(ms); }

  // The time, and the day too when it is not that of `now`.
  when(ms, now) {
    const time = this.clockSeconds(ms);
    return this.midnight(ms) === this.midnight(now) ? time : `${time} on ${this.day(ms)}`;
  }
}
