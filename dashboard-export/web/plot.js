// A plot over time, drawn by uPlot, with what it says as text beside it: a line that names the values under the
// pointer, and a table for who does not see the plot or wants the numbers.
import { el, setText } from './dom.js';
import { count, mean } from './numbers.js';

const uPlot = globalThis.uPlot;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// How each kind of series looks. Not by colour alone: what is of before is dashed and filled, bars are bars.
const KINDS = {
  line: () => ({ stroke: colour('--accent'), width: 2, points: { show: false } }),
  before: () => ({ stroke: colour('--before'), width: 1.25, dash: [4, 3], fill: colour('--before-fill'),
    points: { show: false } }),
  bars: () => ({ stroke: colour('--accent'), fill: colour('--accent'), width: 0, points: { show: false },
    paths: uPlot.paths.bars({ size: [0.72, 40], align: 1 }) }),
};

// Lines are at whole numbers: 1, 2, 5, 10, 20 …
const WHOLE = Array.from({ length: 30 }, (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3));

const axis = () => ({
  stroke: colour('--muted'),
  font: `12px ${getComputedStyle(document.body).fontFamily}`,
  grid: { stroke: colour('--grid'), width: 1 },
  ticks: { show: false },
});

export class Plot {
  // `shape` is what one view of the plot is:
  //     series   [{name, kind}], kind of KINDS
  //     ticks    (min, max, width in pixels) → x of the ticks
  //     tick     (x) → a tick's text;  label (x) → the text of a point
  //     unit     what the values are, "views a minute";  whole: values are whole numbers
  #figure; #host; #readout; #caption; #table; #plot = null; #shape = null; #data = null; #width = 0;

  constructor(height) {
    this.height = height;
    this.#host = el('div', { class: 'plot-canvas', role: 'img' });
    this.#readout = el('p', { class: 'plot-readout', 'aria-hidden': 'true' });
    this.#caption = el('figcaption', { class: 'plot-caption' });
    this.#table = el('details', { class: 'plot-table', ontoggle: () => this.#fillTable() },
      el('summary', {}, 'As a table'),
      el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Numbers of the plot' }));
    this.#figure = el('figure', { class: 'plot' }, this.#readout, this.#host, this.#caption, this.#table);
    this.sizes = new ResizeObserver(() => this.#resize());
    this.sizes.observe(this.#host);
    this.theme = matchMedia('(prefers-color-scheme: dark)');
    this.redraw = () => this.#draw();
    this.theme.addEventListener('change', this.redraw);
  }

  get element() { return this.#figure; }

  // `data` is [xs, values of a series, …], null where a value is not known. `said` is the plot in a sentence.
  show(shape, data, said) {
    const isSame = this.#shape === shape && this.#plot;
    this.#shape = shape;
    this.#data = data;
    this.#host.setAttribute('aria-label', said);
    setText(this.#caption, said);
    if (isSame) this.#plot.setData(this.#drawn());
    else this.#draw();
    this.#read(this.#plot?.cursor.idx);
    this.#fillTable();
  }

  stop() {
    this.sizes.disconnect();
    this.theme.removeEventListener('change', this.redraw);
    this.#plot?.destroy();
  }

  #resize() {
    const width = this.#host.clientWidth;
    if (!width || width === this.#width) return;
    this.#width = width;
    if (this.#plot) this.#plot.setSize({ width, height: this.height });
    else this.#draw();
  }

  #draw() {
    this.#plot?.destroy();
    this.#plot = null;
    this.#width = this.#host.clientWidth;
    const shape = this.#shape;
    if (!shape || !this.#width) return;
    this.#plot = new uPlot({
      width: this.#width,
      height: this.height,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { time: false, range: shape.range },
        y: { range: (_, __, max) => [0, Math.max(1, max * 1.08)] },
      },
      series: [{}, ...shape.series.map(({ name, kind }) => ({ label: name, ...KINDS[kind]() })).reverse()],
      axes: [
        { ...axis(), size: 30, gap: 8, grid: { show: false }, values: (_, ticks) => ticks.map(shape.tick),
          splits: (u, _, min, max) => shape.ticks(min, max, u.width) },
        { ...axis(), size: (_, texts) => 14 + 7 * Math.max(1, ...(texts ?? []).map((text) => text.length)),
          incrs: WHOLE, values: (_, ticks) => ticks.map(count),
          space: 34 },
      ],
      hooks: { setCursor: [(u) => this.#read(u.cursor.idx)] },
    }, this.#drawn(), this.#host);
    this.#read(null);
  }

  // The series that is named first is drawn last, over the others.
  #drawn() {
    const [xs, ...series] = this.#data;
    return [xs, ...series.reverse()];
  }

  #value(value) {
    if (value == null) return 'not known';
    return this.#shape.whole ? count(value) : mean(value);
  }

  // Without a pointer, the newest point that the first series has.
  #read(index) {
    const [xs, first] = this.#data;
    let at = index;
    for (let i = xs.length - 1; at == null && i >= 0; i--) if (first[i] != null) at = i;
    if (at == null) {
      this.#readout.replaceChildren();
      return;
    }
    const { series } = this.#shape;
    const values = series.map(({ name, kind }, i) => [el('span', { class: `key key-${kind}` }),
      series.length > 1 ? `${name} ` : '', el('b', {}, this.#value(this.#data[i + 1][at])), ' ']);
    this.#readout.replaceChildren(el('span', { class: 'plot-when' }, this.#shape.label(xs[at])), ...values.flat(),
      el('span', { class: 'unit' }, this.#shape.unit));
  }

  // Only while it is open: it has a row a point.
  #fillTable() {
    if (!this.#table.open || !this.#shape) return;
    const [xs, ...series] = this.#data;
    const { unit } = this.#shape;
    const head = el('tr', {}, el('th', { scope: 'col' }, 'Time'), this.#shape.series.map(({ name }) =>
      el('th', { scope: 'col', class: 'number' }, series.length > 1 ? `${name}, ${unit}` : unit)));
    const rows = xs.map((x, i) => el('tr', {}, el('th', { scope: 'row' }, this.#shape.label(x)),
      series.map((values) => el('td', { class: 'number' }, this.#value(values[i])))));
    this.#table.lastElementChild.replaceChildren(
      el('table', {}, el('thead', {}, head), el('tbody', {}, rows.reverse())));
  }
}
