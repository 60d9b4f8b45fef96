// A magnifier at the place that is being moved.

import { $ } from "./dom.js";
import { arm, state } from "./state.js";
import { look } from "./stage.js";

const canvas = $("loupe");
const pen = canvas.getContext("2d");
const FACTOR = 16; // canvas px per figure px; the canvas is shown at half its size
const picture = new Image();

export function setPicture(address) {
  picture.src = address;
  return picture.decode().catch(() => undefined);
}

export function showLoupe(at) {
  const half = canvas.width / 2 / FACTOR;
  const place = (x, y) => [(x - at.x + half) * FACTOR, (y - at.y + half) * FACTOR];
  pen.imageSmoothingEnabled = false;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  // Pixel centres are whole numbers, so the picture begins half a pixel before 0.
  pen.drawImage(picture, ...place(-0.5, -0.5), picture.width * FACTOR, picture.height * FACTOR);
  const one = arm();
  if (one) {
    pen.strokeStyle = one.shown;
    pen.lineWidth = 3;
    pen.beginPath();
    pen.moveTo(...place(one.start[0], one.start[1]));
    let y = one.start[1];
    for (const [x, below] of one.drops) {
      pen.lineTo(...place(x, y));
      pen.lineTo(...place(x, below));
      y = below;
    }
    pen.lineTo(...place(one.end, y));
    pen.stroke();
  }
  pen.strokeStyle = "rgba(0, 0, 0, 0.7)";
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(canvas.width / 2, 0);
  pen.lineTo(canvas.width / 2, canvas.height);
  pen.moveTo(0, canvas.height / 2);
  pen.lineTo(canvas.width, canvas.height / 2);
  pen.stroke();
  // On the side where the hand is not.
  canvas.classList.toggle("left", at.x > look.x + look.width / 2);
  canvas.hidden = false;
}

export function hideLoupe() {
  canvas.hidden = true;
}

export const pictureLoaded = () => picture.complete && picture.width === state.view?.width;
