// Views over time, put together from the files of days and of hours. Pure: no page, no clock.
import { DAY, HOUR, MINUTE, moment, utcDay } from './zone.js';

// Hours in the small line of an article.
export const HOURS_SHOWN = 24;

export class Views {
  #days = new Map(); // start of a UTC day → views of its minutes
  #hoursFrom = 0;
  #hours = [];

  // A day of minutes, the items of site/<date>.json. Those not listed are 0.
  addDay(date, items) {
    const minutes = new Float64Array(1440);
    for (const { time, views } of items) minutes[60 * time.slice(0, 2) + Number(time.slice(3))] = views;
    this.#days.set(moment(date), minutes);
  }

  // Hours, as site/hours.json has them: `to` is the last one.
  addHours({ to, views }) {
    this.#hours = views;
    this.#hoursFrom = moment(to) - (views.length - 1) * HOUR;
  }

  // Minutes of live.json, which are newer than those of the day's file.
  addLive(items) {
    for (const { time, views } of items) {
      const at = moment(time);
      const minutes = this.#days.get(Math.floor(at / DAY) * DAY);
      if (minutes) minutes[(at % DAY) / MINUTE] = views;
    }
  }

  #minute(at) {
    const minutes = this.#days.get(Math.floor(at / DAY) * DAY);
    if (minutes) return minutes[Math.floor((at % DAY) / MINUTE)];
    const hour = Math.floor((at - this.#hoursFrom) / HOUR);
    // Where only hours are kept, each of their minutes has the mean.
    return hour >= 0 && hour < this.#hours.length ? this.#hours[hour] / 60 : null;
  }

  // Views from a moment to another, in whole minutes; null when they are not known.
  sum(from, to) {
    let sum = 0;
    for (let at = from; at < to; at += MINUTE) {
      const views = this.#minute(at);
      if (views === null) return null;
      sum += views;
    }
    return Math.round(sum);
  }

  // Views a minute, on average over steps of so many ms: null where they are not known. The last step may be cut
  // short by `to`.
  rates(from, to, step) {
    const rates = [];
    for (let at = from; at < to; at += step) {
      const end = Math.min(at + step, to);
      let sum = 0;
      for (let minute = at; minute < end && sum !== null; minute += MINUTE) {
        const views = this.#minute(minute);
        sum = views === null ? null : sum + views;
      }
      rates.push(sum === null ? null : (sum * MINUTE) / (end - at));
    }
    return rates;
  }

  // Whether there was any view in this time.
  isEmpty(from, to) {
    return !this.sum(from, to);
  }
}

// The names of the UTC days that a time touches: their files are what has its minutes.
export function utcDays(from, to) {
  const names = [];
  for (let day = Math.floor(from / DAY) * DAY; day < to; day += DAY) names.push(utcDay(day));
  return names;
}

// A series that ends at `to`, such as {"to":"2026-11-24T13","views":[…]}, as moments and views. The file of an
// article that nobody reads stays as it was, so what is missing up to `now` is 0.
export function upTo(series, unit, now) {
  const last = Math.floor(now / unit) * unit;
  const missing = Math.max(0, Math.round((last - moment(series.to)) / unit));
  const { length } = series.views;
  const views = [...series.views, ...new Array(Math.min(missing, length)).fill(0)].slice(-length);
  const end = moment(series.to) + missing * unit;
  return { at: views.map((_, i) => end - (views.length - 1 - i) * unit), views };
}
