// Pages are named behind the #, so that any server of files will do:
//     #/   #/list/rising   #/list/rising/sport   #/section/sport   #/article/<id>   #/filtered

export const to = {
  overview: () => '#/',
  list: (list, section) => `#/list/${list}${section == null ? '' : `/${encodeURIComponent(section)}`}`,
  section: (section) => (section == null ? '#/' : `#/section/${encodeURIComponent(section)}`),
  article: (id) => `#/article/${encodeURIComponent(id)}`,
  filtered: () => '#/filtered',
};

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // written by hand, with a % that is none
  }
}

// What a hash names; an unknown one is the page "missing". An id may have its slashes escaped or not, and begin with
// one or not.
export function route(hash) {
  const [name, ...rest] = hash.replace(/^#?\/?/, '').split('/').map(decode);
  const behind = rest.join('/');
  if (name === '' && !rest.length) return { page: 'overview' };
  if (name === 'filtered' && !rest.length) return { page: 'filtered' };
  if (name === 'section' && behind) return { page: 'section', section: behind };
  if (name === 'article' && behind) return { page: 'article', article: behind.startsWith('/') ? behind : `/${behind}` };
  if (name === 'list' && rest[0]) return { page: 'list', list: rest[0], section: rest.slice(1).join('/') || null };
  return { page: 'missing' };
}
