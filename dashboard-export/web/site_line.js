// The site over time: today with last week's day behind it, the last hour by minutes, 14 days by hours, 60 days.
import { el, setText } from './dom.js';
import { count } from './numbers.js';
import { Plot } from './plot.js';
import { dayShape, hourShape, minuteShape } from './shapes.js';
import { upTo, utcDays, Views } from './series.js';
import { today, todaySaid, todayShape } from './today.js';
import { DAY, HOUR, moment } from './zone.js';

const HEIGHT = 220;
const sum = (values) => values.reduce((all, value) => all + value, 0);

export class SiteLine {
  #feed; #zone; #plot = new Plot(HEIGHT); #live = null; #hours; #days; #dayFiles = new Map(); #ends = new Map();
  #title = el('h2', { id: 'site-line', class: 'line-said' }, 'Today');
  #note = el('p', { class: 'line-note' });
  #shapes = {}; #chosen = 'today';

  // A row a range: its name, and what draws it.
  #ranges = {
    today: { name: 'Today', draw: () => this.#drawToday() },
    hour: { name: 'Hour', draw: () => this.#drawHour() },
    hours: { name: '14 days', draw: () => this.#drawHours() },
    days: { name: '60 days', draw: () => this.#drawDays() },
  };

  constructor({ feed, zone }) {
    this.#feed = feed;
    this.#zone = zone;
    const choices = Object.entries(this.#ranges).map(([value, { name }]) => el('label', { class: 'choice' },
      el('input', { type: 'radio', name: 'range', value, checked: value === this.#chosen,
        onchange: () => { this.#chosen = value; this.#draw(); } }), el('span', {}, name)));
    this.element = el('section', { class: 'line panel', 'aria-labelledby': 'site-line' },
      el('div', { class: 'line-head' }, this.#title,
        el('fieldset', { class: 'choices' }, el('legend', { class: 'unseen' }, 'Time shown'), choices)),
      this.#note, this.#plot.element);
    this.#shapes.hour = minuteShape(this.#zone);
    this.#shapes.hours = hourShape(this.#zone, 'line');
    this.#shapes.days = dayShape();
    this.#watch('site/hours.json', (file) => { this.#hours = file?.hours ?? null; }, 30_000);
    this.#watch('site/days.json', (file) => { this.#days = file?.days ?? null; }, 60_000);
  }

  showLive(live) {
    this.#live = live;
    this.#watchDays();
    this.#draw();
  }

  stop() {
    for (const end of this.#ends.values()) end();
    this.#plot.stop();
  }

  #watch(path, take, everyMs) {
    if (this.#ends.has(path)) return;
    this.#ends.set(path, this.#feed.watch(path, (file) => { take(file); this.#draw(); }, everyMs));
  }

  // The days that have the minutes of today and of the same day last week: others after each midnight.
  #watchDays() {
    const now = this.#feed.now();
    const [from, before, beforeEnd] = [0, -7, -6].map((days) => this.#zone.midnightAfter(now, days));
    const wanted = [...utcDays(from, now), ...utcDays(before, beforeEnd)];
    for (const date of wanted) {
      const everyMs = moment(date) + DAY > now ? 10_000 : 600_000;
      this.#watch(`site/${date}.json`, (file) => this.#dayFiles.set(date, file), everyMs);
    }
    for (const date of this.#dayFiles.keys()) {
      if (wanted.includes(date)) continue;
      this.#ends.get(`site/${date}.json`)();
      this.#ends.delete(`site/${date}.json`);
      this.#dayFiles.delete(date);
    }
  }

  #draw() {
    if (!this.#live) return;
    this.#ranges[this.#chosen].draw();
  }

  #say(title, note) {
    setText(this.#title, title);
    setText(this.#note, note ?? '');
    this.#note.hidden = !note;
  }

  #drawToday() {
    const views = new Views();
    const now = this.#feed.now();
    if (this.#hours) views.addHours(this.#hours);
    for (const [date, file] of this.#dayFiles) if (file) views.addDay(date, file.items);
    views.addLive(this.#live.items);
    const day = today(views, this.#zone, now);
    const said = todaySaid(day);
    if (this.#shapes.midnight !== day.midnight) {
      this.#shapes.midnight = day.midnight;
      this.#shapes.today = todayShape(day, this.#zone);
    }
    this.#say(day.sofar === null ? 'Today' : `${count(day.sofar)} today`, null);
    this.#title.append(...(day.change ? [' ', el('span', { class: `delta ${day.change.direction}` },
      `${{ up: '▲', down: '▼', same: '=' }[day.change.direction]} ${day.change.text} last ${day.weekday}`)] : []));
    this.#plot.show(this.#shapes.today, day.data, said);
  }

  #drawHour() {
    const { items } = this.#live;
    const views = items.map((item) => item.views);
    this.#say(`${count(sum(views))} in the last hour`, sum(views) ? null : 'No views in the last hour.');
    this.#plot.show(this.#shapes.hour, [items.map((item) => moment(item.time)), views], `${count(sum(views))} views in `
      + `the last hour, at most ${count(Math.max(...views))} in a minute. The last minute is in progress.`);
  }

  #drawHours() {
    this.#drawSeries(this.#hours, HOUR, this.#shapes.hours, 'in 14 days', 'an hour', 'The last hour is in progress.');
  }

  #drawDays() {
    this.#drawSeries(this.#days, DAY, this.#shapes.days, 'in 60 days', 'a day',
      'Days are those of UTC; today is in progress.');
  }

  #drawSeries(series, unit, shape, span, each, note) {
    if (!series) {
      this.#say('Not known', 'The exporter has not written this yet: it comes with its next round.');
      this.#plot.show(shape, [[], []], 'Nothing to show yet.');
      return;
    }
    const { at, views } = upTo(series, unit, this.#feed.now());
    this.#say(`${count(sum(views))} ${span}`, null);
    this.#plot.show(shape, [at, views],
      `${count(sum(views))} views ${span}, at most ${count(Math.max(...views))} ${each}. ${note}`);
  }
}
