// What lists and reasons are called, a row each.

export const LISTS = [
  { name: '1h', title: 'Last hour', about: 'Views of the last hour.', score: 'Views' },
  { name: '24h', title: '24 hours', about: 'Views of the last 24 hours.', score: 'Views' },
  { name: '7d', title: '7 days', about: 'Views of the last 7 days.', score: 'Views' },
  { name: '30d', title: '30 days', about: 'Views of the last 30 days.', score: 'Views' },
  { name: 'hot', title: 'Hot', about: 'Views of the last three days; each counts half after 6 hours.', score: 'Heat' },
  { name: 'rising', title: 'Rising', score: 'Lift',
    about: 'Articles above their usual. Lift: how far the last hour is above an average one, in what chance alone '
      + 'would vary.' },
];

export const listOf = (name) => LISTS.find((list) => list.name === name);

// What stands where a list has nothing.
export const EMPTY = {
  '1h': 'No views in the last hour.',
  '24h': 'No views in the last 24 hours.',
  '7d': 'No views in the last 7 days.',
  '30d': 'No views in the last 30 days.',
  hot: 'Nothing is hot: no views in the last three days.',
  rising: 'Nothing is rising: no article has ten views in this hour and more than its usual.',
};

export const REASONS = {
  spider: 'A robot: its user agent says so',
  automated: 'Sent by a program that says it is no reader',
  repeat: 'A reload: the same visitor had just viewed the same article',
  not_json: 'Not JSON at all',
  too_large: 'Over 8,192 bytes',
  not_object: 'JSON, but not an object',
  bad_version: 'Of a version that is not known',
  missing_article: 'Names no article',
  bad_article: 'Its article is empty, too long or no text',
  bad_ts: 'Its time is no time',
  future: 'Its time is over 5 minutes ahead: look at the sender’s clock',
  bad_agent: 'Its agent is none of those known',
  bad_field: 'Another field is of a wrong type or size',
};

export const nameOfReason = (reason) => reason.replaceAll('_', ' ');
