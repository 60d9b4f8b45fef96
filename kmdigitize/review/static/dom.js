// Small helpers to build elements.

export const $ = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "open") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// Replaces the content of an element; whoever had the focus in it gets it back, found by data-key.
export function refill(element, ...children) {
  const key = element.contains(document.activeElement) ? document.activeElement.dataset?.key : null;
  element.replaceChildren(...children.flat(2).filter(Boolean));
  if (key) element.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

export const round = (value, digits = 4) => (value === null || value === undefined ? "" : String(Number(value.toPrecision(digits))));
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
