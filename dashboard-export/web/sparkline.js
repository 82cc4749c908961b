// Small lines and bars in the text, as inline SVG. Their numbers are on the page anyway, so they are not read out.
import { svg } from './dom.js';

const WIDTH = 72;
const HEIGHT = 20;

const frame = (kind, width, ...children) =>
  svg('svg', { class: kind, viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    ...children);

const scale = (values) => {
  const highest = Math.max(1, ...values);
  return (value) => HEIGHT - 1 - (value / highest) * (HEIGHT - 2);
};

// A line over its area, with a dot at its end: the bucket in progress.
export function sparkline(values) {
  const y = scale(values);
  const x = (i) => (values.length > 1 ? (i / (values.length - 1)) * (WIDTH - 4) : 0) + 1;
  const line = values.map((value, i) => `${i ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  const last = values.length - 1;
  return frame('spark', WIDTH,
    svg('path', { class: 'spark-area', d: `${line}V${HEIGHT}H1Z` }),
    svg('path', { class: 'spark-line', d: line }),
    svg('path', { class: 'spark-dot', d: `M${x(last).toFixed(1)} ${y(values[last]).toFixed(1)}h0` }));
}

// A bar a value; the last one, which is in progress, is hollow.
export function bars(values) {
  const y = scale(values);
  const kinds = (value, i) => ['bar', !value && 'bar-none', i === values.length - 1 && 'bar-now'].filter(Boolean);
  return frame('bars', values.length * 3, values.map((value, i) => svg('rect', { class: kinds(value, i).join(' '),
    x: i * 3, y: y(value).toFixed(1), width: 2, height: (HEIGHT - y(value)).toFixed(1) })));
}
