// How fresh the counts are, in plain words. Pure; main.js shows it.
import { duration } from './numbers.js';
import { moment } from './zone.js';

// live.json changes with each minute at the latest, so two without a new one mean that nobody writes it.
export const STALE_MS = 120_000;

// `now` is the server's clock; `live` is live.json, or null; `missing`: the server has no such file; `lostAt`: since
// when it does not answer, or null. Returns what stands in the head, and what is wrong, or null.
export function freshness({ now, live, missing, lostAt }, zone) {
  if (!live) {
    if (lostAt) return { text: 'no counts yet', alarm: 'This page cannot reach its server. It tries again by itself.' };
    if (missing) {
      return { text: 'no counts yet', alarm: 'There are no counts yet: live.json is not there. '
        + 'Start pv-dashboard-export with --out at the directory of this page.' };
    }
    return { text: 'waiting for the counts', alarm: null };
  }
  const made = moment(live.generated_at);
  if (live.lag_seconds === null) {
    return { text: 'nothing counted yet', alarm: 'Nothing was counted yet. Start pv-aggregator and a producer.' };
  }
  const counted = made - live.lag_seconds * 1000;
  const text = `counted to ${zone.when(counted, now)}, ${duration(now - counted)} ago`;
  const stand = `The counts stand still at ${zone.when(counted, now)}.`;
  if (lostAt) {
    return { text, alarm: `This page cannot reach its server since ${zone.when(lostAt, now)} and shows what it had. `
      + 'It tries again by itself.' };
  }
  if (now - made > STALE_MS) {
    return { text, alarm: `${stand} Look whether pv-dashboard-export runs, and reaches Redis.` };
  }
  if (live.lag_seconds * 1000 > STALE_MS) {
    return { text, alarm: `${stand} Look whether pv-aggregator runs, and reaches Kafka and Redis.` };
  }
  return { text, alarm: null };
}
