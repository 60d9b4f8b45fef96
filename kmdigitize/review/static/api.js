// Requests to the review server. Every answer is the figure as it is now, or an error with its remedy.

export class ApiError extends Error {
  constructor(message, remedy, status) {
    super(message);
    this.remedy = remedy;
    this.status = status;
  }
}

async function answer(response) {
  const body = response.headers.get("content-type")?.includes("json")
    ? await response.json()
    : { message: await response.text(), remedy: "" };
  if (!response.ok) throw new ApiError(body.message, body.remedy ?? "", response.status);
  return body;
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new ApiError("The server does not answer.", "Start `kmdigitize review` again; nothing is lost.", 0);
  }
  return answer(response);
}

const figure = (number) => `/api/figures/${number}`;

export const loadQueue = () => request("/api/queue");
export const loadFigure = (number) => request(figure(number));
export const pictureOf = (number) => `${figure(number)}/figure.png`;

function post(number, verb, body) {
  const headers = { "Content-Type": "application/json" };
  return request(`${figure(number)}/${verb}`, { method: "POST", headers, body: JSON.stringify(body) });
}

export const correct = (number, revision, edit) => post(number, "correct", { revision, edit });
export const undo = (number, revision) => post(number, "undo", { revision });
export const redo = (number, revision) => post(number, "redo", { revision });
export const explain = (number, revision, correction, why) => post(number, "explain", { revision, correction, why });
export const decide = (number, revision, decision, note, who) => post(number, "decide", { revision, decision, note, who });
