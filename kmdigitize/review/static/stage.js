// The figure with what was found drawn over it: layers, zoom and pan. Coordinates are px of the figure throughout.

import { $, clamp, round, s } from "./dom.js";
import { arm, emit, on, panel, panels, state, valuesAt } from "./state.js";

const svg = $("figure");
export const look = { x: 0, y: 0, width: 100, height: 100 };
const paths = new Map(); // "panel/arm" → its path, so that a drag redraws one path only

export const scale = () => svg.clientWidth / look.width; // screen px per figure px

export function toFigure(event) {
  const box = svg.getBoundingClientRect();
  return { x: look.x + (event.clientX - box.left) / scale(), y: look.y + (event.clientY - box.top) / scale() };
}

function applyLook() {
  svg.setAttribute("viewBox", `${look.x} ${look.y} ${look.width} ${look.height}`);
  svg.classList.toggle("near", scale() > 2.5);
  emit("look");
}

export function fit() {
  if (!state.view) return;
  const { width, height } = state.view;
  const ratio = svg.clientWidth / Math.max(1, svg.clientHeight);
  const wide = Math.max(width * 1.04, height * 1.04 * ratio);
  look.width = wide;
  look.height = wide / ratio;
  look.x = (width - 1) / 2 - look.width / 2;
  look.y = (height - 1) / 2 - look.height / 2;
  applyLook();
}

export function zoom(factor, at = null) {
  const centre = at ?? { x: look.x + look.width / 2, y: look.y + look.height / 2 };
  const width = clamp(look.width / factor, 12, 8 * (state.view?.width ?? 1000));
  const change = width / look.width;
  look.x = centre.x - (centre.x - look.x) * change;
  look.y = centre.y - (centre.y - look.y) * change;
  look.width = width;
  look.height *= change;
  applyLook();
}

export function pan(dx, dy) {
  look.x += dx;
  look.y += dy;
  applyLook();
}

// Brings a place into sight when it is not.
export function reveal(at) {
  const inside = at.x > look.x && at.x < look.x + look.width && at.y > look.y && at.y < look.y + look.height;
  if (!inside) pan(at.x - look.x - look.width / 2, at.y - look.y - look.height / 2);
}

export function stepPath(start, drops, end) {
  let d = `M${start[0]} ${start[1]}`;
  for (const [x, y] of drops) d += `H${x}V${y}`;
  return `${d}H${end}`;
}

export const curveOf = (one) => stepPath(one.start, one.drops, one.end);

function rebuiltOf(one) {
  return one.rebuilt.length ? stepPath(one.start, one.rebuilt, one.rebuilt_end) : "";
}

const dots = (points) => points.map(([x, y]) => `M${x} ${y}h0`).join("");

function drawCurves() {
  const [curves, rebuilt, marks] = ["layer-curves", "layer-rebuilt", "layer-marks"].map($);
  for (const layer of [curves, rebuilt, marks]) layer.replaceChildren();
  paths.clear();
  panels().forEach((one, p) => {
    const order = one.arms.map((_, index) => index).sort((a, b) => (p === state.panel) * ((a === state.arm) - (b === state.arm)));
    for (const index of order) {
      const it = one.arms[index];
      const front = p === state.panel && index === state.arm;
      if (state.hidden.has(`${p}/${index}`)) continue;
      const path = s("path", { d: curveOf(it), class: front ? "curve front" : "curve", stroke: it.shown });
      paths.set(`${p}/${index}`, path);
      curves.append(path);
      rebuilt.append(s("path", { d: rebuiltOf(it), class: "rebuilt", stroke: it.shown }));
      if (it.marks) marks.append(s("path", { d: it.marks.map(([x, y]) => `M${x} ${y - 4}v8`).join(""), class: "mark", stroke: it.shown }));
    }
  });
  drawHandles();
}

// While an arm is dragged only this path and the handles change.
export function redrawArm() {
  const it = arm();
  if (!it) return;
  paths.get(`${state.panel}/${state.arm}`)?.setAttribute("d", curveOf(it));
  drawHandles();
}

export function drawHandles() {
  const layer = $("layer-handles");
  const it = arm();
  const parts = [];
  if (it && !state.hidden.has(`${state.panel}/${state.arm}`) && state.show === "overlay") {
    parts.push(s("path", { d: dots(it.drops), class: "handle", stroke: it.shown }));
    const picked = state.selected;
    if (picked?.kind === "drop" && it.drops[picked.index]) {
      parts.push(s("path", { d: dots([it.drops[picked.index]]), class: "handle picked" }));
    }
    if (picked?.kind === "mark" && it.marks?.[picked.index]) {
      parts.push(s("path", { d: dots([it.marks[picked.index]]), class: "handle picked" }));
    }
  }
  if (state.waypoints.length) {
    parts.push(s("path", { d: "M" + state.waypoints.map((point) => point.join(" ")).join("L"), class: "guide" }));
  }
  layer.replaceChildren(...parts);
}

export function drawFrame() {
  const frames = panels().filter((one) => one.frame).map((one) => {
    const [left, top, right, bottom] = one.frame;
    const now = one === panel() || one.name === panel().name;
    return s("path", { d: `M${left} ${top}H${right}V${bottom}H${left}Z`, class: now ? "frame" : "frame other" });
  });
  $("layer-frame").replaceChildren(...frames);
}

export function tickPlace(one, axis, tick) {
  const [left, , , bottom] = one.frame ?? [0, 0, state.view.width - 1, state.view.height - 1];
  return axis === "x" ? { x: tick.px, y: bottom } : { x: left, y: tick.px };
}

export function drawTicks() {
  const layer = $("layer-ticks");
  const one = panel();
  const unit = 1 / scale();
  const parts = [];
  for (const axis of ["x", "y"]) {
    [...one[axis].ticks, ...state.pendingTicks[axis]].forEach((tick, index) => {
      const at = tickPlace(one, axis, tick);
      const picked = state.selected?.kind === "tick" && state.selected.axis === axis && state.selected.index === index;
      const kind = `tick${tick.inlier === false ? " doubt" : ""}${picked ? " picked" : ""}${tick.value === null ? " bare" : ""}`;
      const d = axis === "x" ? `M${at.x} ${at.y - 5 * unit}V${at.y + 7 * unit}` : `M${at.x + 5 * unit} ${at.y}H${at.x - 7 * unit}`;
      parts.push(s("path", { d, class: kind }));
      if (tick.value !== null) {
        const place = axis === "x" ? { x: at.x, y: at.y - 8 * unit } : { x: at.x + 8 * unit, y: at.y + 4 * unit };
        parts.push(s("text", { ...place, class: kind, "font-size": 11 * unit, "text-anchor": axis === "x" ? "middle" : "start" }, round(tick.value)));
      }
    });
  }
  layer.replaceChildren(...parts);
}

function drawText() {
  const box = ([left, top, right, bottom], kind) =>
    s("rect", { x: left - 1, y: top - 1, width: right - left + 2, height: bottom - top + 2, class: kind });
  $("layer-text").replaceChildren(...state.view.tokens.map((token) => box(token.box, "token")));
  const cells = panels().flatMap((one) => one.risk.cells);
  $("layer-risk").replaceChildren(...cells.map((cell) => box(cell.box, cell.doubtful ? "cell doubt" : "cell")));
}

export function drawCursor() {
  const at = state.cursor;
  const layer = $("layer-cursor");
  if (!at) return layer.replaceChildren();
  const far = 1e5;
  layer.replaceChildren(
    s("path", { d: `M${at.x} ${-far}V${far}M${-far} ${at.y}H${far}`, class: "cursor" }),
  );
  const values = valuesAt(at);
  const unit = panel().percent ? "%" : "";
  const place = `${at.x.toFixed(1)}, ${at.y.toFixed(1)} px`;
  const said = values ? `time ${round(values.time)}${panel().time_unit ? ` ${panel().time_unit}` : ""} · ${round(values.value, 3)}${unit} · ` : "";
  $("where").textContent = said + place;
}

export function hideCursor() {
  $("layer-cursor").replaceChildren();
  $("where").textContent = "";
}

export function applyLayers() {
  const only = state.show;
  svg.dataset.show = only;
  for (const [name, shown] of Object.entries(state.layers)) {
    const visible = only === "overlay" ? shown : only === "rebuilt" ? ["rebuilt", "frame", "ticks"].includes(name) : false;
    $(`layer-${name}`).style.display = visible ? "" : "none";
  }
  $("layer-handles").style.display = only === "overlay" ? "" : "none";
  $("layer-figure").style.display = only === "rebuilt" ? "none" : "";
}

export function drawAll() {
  if (!state.view) return;
  drawText();
  drawFrame();
  drawTicks();
  drawCurves();
  applyLayers();
}

on("view", drawAll);
on("chosen", drawAll);
on("selected", () => { drawHandles(); drawTicks(); });
on("tool", () => { drawHandles(); svg.dataset.tool = state.tool; });
on("layers", () => { applyLayers(); drawCurves(); });
on("look", drawTicks);
new ResizeObserver(() => {
  if (!state.view) return;
  look.height = look.width * (svg.clientHeight / Math.max(1, svg.clientWidth));
  applyLook();
}).observe(svg);
