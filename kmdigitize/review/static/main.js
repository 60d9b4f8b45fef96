// Starts the page: loads the queue and the first figure, and wires header, dialogs and keys.

import * as api from "./api.js";
import { $, h } from "./dom.js";
import { startKeys } from "./keys.js";
import { setPicture } from "./loupe.js";
import { decide, redo, undo } from "./session.js";
import { kindOf } from "./sidebar.js";
import { applyLayers, drawHandles, fit, zoom } from "./stage.js";
import { emit, on, say, setView, state } from "./state.js";

let opening = 0;

const tell = (error) => say(`${error.message} ${error.remedy ?? ""}`, true);

async function open(number) {
  const mine = ++opening;
  state.number = number;
  state.view = null;
  $("waiting").hidden = false;
  $("figure").classList.add("dim");
  drawHeader();
  try {
    const view = await api.loadFigure(number);
    const address = api.pictureOf(number);
    await setPicture(address);
    if (mine !== opening) return;
    const picture = $("picture");
    picture.setAttribute("href", address);
    picture.setAttribute("width", view.width);
    picture.setAttribute("height", view.height);
    setView(view);
    fit();
    $("waiting").hidden = true;
    $("figure").classList.remove("dim");
    document.documentElement.dataset.ready = String(number);
    performance.mark("usable");
    await refreshQueue();
    if (number + 1 < state.figures.length && state.figures[number + 1].doubt === null) api.loadFigure(number + 1).catch(() => undefined);
  } catch (error) {
    if (mine !== opening) return;
    $("waiting").textContent = `${error.message} ${error.remedy ?? ""}`;
    tell(error);
  }
}

// A server that died meanwhile is told on the page: what was saved before is on disk.
async function refreshQueue() {
  try {
    state.figures = (await api.loadQueue()).figures;
  } catch (error) {
    return tell(error);
  }
  return drawHeader();
}

function drawHeader() {
  const row = state.figures[state.number];
  $("figure-name").textContent = state.view?.name ?? row?.figure ?? "…";
  const done = state.figures.filter((one) => one.decision).length;
  $("figure-place").textContent = state.figures.length > 1 ? `${state.number + 1} of ${state.figures.length}, ${done} done` : "";
  $("previous").disabled = state.number === 0;
  $("next").disabled = state.number + 1 >= state.figures.length;
  const view = state.view;
  $("undo").disabled = !view?.undo;
  $("redo").disabled = !view?.redo;
  $("verdict").textContent = view ? view.verdict || "nothing reported" : "";
  $("verdict").className = `pill ${kindOf(view?.verdict)}`;
  for (const button of document.querySelectorAll(".decision")) {
    button.disabled = !view;
    button.setAttribute("aria-pressed", String(view?.decision === button.dataset.decision));
  }
  if (document.activeElement !== $("note")) $("note").value = view?.note ?? "";
  document.title = `${view?.name ?? "kmdigitize"} – kmdigitize review`;
}

function judge(decision) {
  const taken = state.view.decision === decision ? "" : decision;
  return decide(taken, $("note").value).then(refreshQueue);
}

function go(by) {
  const number = state.number + by;
  if (number >= 0 && number < state.figures.length) open(number);
}

function drawQueue() {
  const row = (one, number) => h("tr", { "aria-current": number === state.number ? "true" : null },
    h("th", { scope: "row" }, h("button", { type: "button", onclick: () => { $("queue").close(); open(number); } }, one.figure)),
    h("td", {}, one.decision || "–"), h("td", {}, h("span", { class: `pill ${kindOf(one.verdict)}` }, one.doubt === null ? "not read yet" : one.verdict || "nothing reported")),
    h("td", { class: "number" }, one.flags ? one.flags.split(" ").length : 0), h("td", { class: "number" }, one.corrections), h("td", {}, one.note));
  $("queue-table").replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, ...["Figure", "Decision", "Verdict", "Flags", "Corrections", "Note"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, state.figures.map(row))));
}

async function openQueue() {
  await refreshQueue();
  drawQueue();
  $("queue").showModal();
}

const SHOWN = ["overlay", "figure", "rebuilt"];
let alternating = null;

function show(what) {
  state.show = what;
  $("blink").textContent = { overlay: "Blink", figure: "Figure", rebuilt: "Rebuilt" }[what];
  applyLayers();
  drawHandles();
}

function blink() {
  clearInterval(alternating);
  alternating = null;
  show(SHOWN[(SHOWN.indexOf(state.show) + 1) % SHOWN.length]);
}

function alternate() {
  if (alternating) return blink();
  alternating = setInterval(() => show(state.show === "figure" ? "rebuilt" : "figure"), 700);
  return undefined;
}

on("view", drawHeader);
on("busy", (busy) => document.documentElement.toggleAttribute("data-busy", busy));
on("message", ({ message, fault }) => {
  $("status").textContent = message;
  $("status").className = fault ? "fault" : "";
});

$("previous").onclick = () => go(-1);
$("next").onclick = () => go(1);
$("undo").onclick = undo;
$("redo").onclick = redo;
$("open-queue").onclick = openQueue;
$("open-help").onclick = () => $("help").showModal();
$("blink").onclick = blink;
$("note").onchange = () => state.view && decide(state.view.decision, $("note").value);
for (const button of document.querySelectorAll(".decision")) button.onclick = () => judge(button.dataset.decision);
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.onclick = () => ({ in: () => zoom(1.5), out: () => zoom(1 / 1.5), fit })[button.dataset.zoom]();
}
startKeys({ go, decide: judge, blink, alternate, openQueue, openHelp: () => $("help").showModal() });
emit("tool");

api.loadQueue()
  .then(({ figures }) => {
    state.figures = figures;
    return open(0);
  })
  .catch(tell);
