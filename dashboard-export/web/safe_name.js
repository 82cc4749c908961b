// From an article's id or a section to the name of its files: the rules are in docs/json-api.md.
import { sha256 } from './sha256.js';

const COMPONENTS_MAX = 16;
const PATH_MAX = 512;
const COMPONENT_MAX = 200;
const SAFE = /^(?![.~])[A-Za-z0-9._,~\u00a0-\u{10ffff}-]+$/u;
const TAKEN = /\.(json|svg|csv|gz)$/;

const bytes = (text) => new TextEncoder().encode(text);
const digits = (text) => sha256(bytes(text)).slice(0, 32);

function component(text) {
  if (text === '') return '~';
  const isSafe = SAFE.test(text) && !TAKEN.test(text) && bytes(text).length <= COMPONENT_MAX;
  return isSafe ? text : `~${digits(text)}`;
}

export function sectionName(section) {
  const parts = section.split('/');
  const path = parts.map(component).join('/');
  return parts.length > COMPONENTS_MAX || bytes(path).length > PATH_MAX ? `~~${digits(section)}` : path;
}

// An id begins with a slash, which is no part of the name.
export const articleName = (id) => sectionName(id.replace(/^\//, ''));

// The path of a file as it is asked for.
const file = (directory, name) => `${directory}/${name.split('/').map(encodeURIComponent).join('/')}.json`;

export const articleFile = (id) => file('articles', articleName(id));
export const alsoReadFile = (id) => file('also-read', articleName(id));
export const listFile = (list, section) =>
  section == null ? `trending/${list}.json` : file(`trending/${list}`, sectionName(section));
