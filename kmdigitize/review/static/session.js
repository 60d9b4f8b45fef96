// Corrections go to the server one after the other; its answer is the truth.

import * as api from "./api.js";
import { emit, panel, say, setView, state } from "./state.js";

let last = Promise.resolve();

function fault(error) {
  say(`${error.message} ${error.remedy ?? ""}`.trim(), true);
}

function inTurn(work) {
  const turn = last.then(async () => {
    emit("busy", true);
    try {
      setView(await work());
      return true;
    } catch (error) {
      fault(error);
      await reload().catch(() => undefined);
      return false;
    } finally {
      emit("busy", false);
    }
  });
  last = turn;
  return turn;
}

async function reload() {
  setView(await api.loadFigure(state.number));
}

export function verdictSaid() {
  const verdict = state.view.verdict;
  return verdict === "" ? "nothing reported to compare with" : verdict === "failed" ? "the figure cannot be completed yet" : `verdict: ${verdict}`;
}

export function send(edit) {
  const number = state.number;
  const full = { panel: panel().name, who: state.who || null, ...edit };
  return inTurn(() => api.correct(number, state.view.revision, full)).then((done) => {
    if (done) {
      const record = state.view.corrections.at(-1);
      say(`Saved: ${record?.what ?? "correction"}; ${verdictSaid()}.`);
    }
    return done;
  });
}

// Pins the ticks of an axis as they stand on the page: those that lie on the scale, those waiting, and the one at hand.
export function sendTicks(axis, index, change = {}) {
  const ticks = [...panel()[axis].ticks, ...state.pendingTicks[axis]];
  const kept = ticks.map((tick, place) => (place === index ? { ...tick, inlier: true, ...change } : tick))
    .filter((tick) => tick.value !== null && tick.inlier && !tick.remove);
  if (kept.length < 2) {
    emit("pending", null);
    say("An axis needs two ticks with values; give another.", true);
    return Promise.resolve(false);
  }
  return send({ kind: "ticks", axis, ticks: kept.map((tick) => [tick.px, tick.value]) }).then((done) => {
    if (done) state.pendingTicks[axis] = [];
    emit("pending", null);
    return done;
  });
}

export const undo = () => inTurn(() => api.undo(state.number, state.view.revision)).then((done) => done && say(`Undone; ${verdictSaid()}.`));
export const redo = () => inTurn(() => api.redo(state.number, state.view.revision)).then((done) => done && say(`Done again; ${verdictSaid()}.`));

export function explain(correction, why) {
  return inTurn(() => api.explain(state.number, state.view.revision, correction, why)).then((done) => done && say("The reason is kept."));
}

export function decide(decision, note) {
  return inTurn(() => api.decide(state.number, state.view.revision, decision, note, state.who)).then((done) => {
    if (done) say(decision ? `Marked as ${decision}.` : "Decision taken back.");
    emit("decided");
    return done;
  });
}
