// Makes elements. Text is always text, never markup: titles come from anybody.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}

// el('a', {href: '#/', onclick: call}, 'text', another): true is an attribute without a value, false and null none.
export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

// Touches the page only when the text is another one: a selection stays, and nothing is read out again.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Puts these children, in this order, and leaves in place what is already right; the focus stays where it was.
export function place(parent, children) {
  const focused = document.activeElement;
  const held = parent.contains(focused) ? focused : null;
  children.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
  if (held && held !== document.activeElement && parent.contains(held)) held.focus({ preventScroll: true });
}
