// The page: sign in, listen to the state, show it, and say clearly when it can't be trusted.

import { announce, setAlarm, soundWanted, toggleSound } from "/alert.js";
import { headline, place, retranslateCards, showAges, showCards, what } from "/cards.js";
import { named, switchLanguage, t, translate } from "/words.js";

const SILENT_MS = 5000; // the server speaks each second
const RETRY_MS = 2000;
const at = (id) => document.getElementById(id);
let source = null;
let retry = null;
let state = null;
let heardAt = 0;
let announced = new Set();

async function post(path, body) {
  const headers = { "content-type": "application/json" };
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(15000) });
}

// --- connection -------------------------------------------------------------------------------------------------

function listen() {
  stopListening();
  source = new EventSource("/api/events");
  source.onmessage = (event) => {
    state = JSON.parse(event.data);
    heardAt = performance.now();
    show();
  };
  source.onerror = () => {
    stopListening();
    tick();
    retry = setTimeout(connect, RETRY_MS);
  };
}

function stopListening() {
  source?.close();
  source = null;
  clearTimeout(retry);
}

// Signed in: listen. Not: ask for the token. No answer: keep what is shown, say so, try again.
async function connect() {
  try {
    const answer = await fetch("/api/state", { signal: AbortSignal.timeout(SILENT_MS) });
    if (answer.status === 401) return showLogin();
    if (!answer.ok) throw new Error(`state: ${answer.status}`);
    listen();
  } catch {
    stopListening();
    tick();
    retry = setTimeout(connect, RETRY_MS);
  }
}

const connected = () => source !== null && performance.now() - heardAt < SILENT_MS;

// --- signing in -------------------------------------------------------------------------------------------------

function showLogin() {
  stopListening();
  state = null;
  setAlarm(null);
  announced = new Set();
  for (const id of ["desk", "logout", "sound", "banner"]) at(id).hidden = true;
  showCards([], at("open"), at("resolved"), acknowledge);
  at("login").hidden = false;
  at("token").focus();
}

async function signIn(token) {
  at("login-error").textContent = "";
  try {
    const answer = await post("/login", { token });
    const body = answer.status === 429 || answer.status === 401 ? await answer.json() : {};
    if (answer.ok) {
      at("token").value = "";
      return connect();
    }
    at("login-error").textContent = body.code === "wait" ? t("wait", { s: body.wait_s }) : t("wrong_token");
  } catch {
    at("login-error").textContent = t("login_failed");
  }
  return showLogin();
}

// The address printed at start carries the token behind the #; it is taken out of the address bar at once.
function tokenInAddress() {
  const token = location.hash.slice(1);
  if (token !== "") history.replaceState(null, "", location.pathname);
  return token;
}

// --- acknowledging ----------------------------------------------------------------------------------------------

async function acknowledge(id, who, note) {
  try {
    const answer = await post(`/api/incidents/${encodeURIComponent(id)}/acknowledge`, { who, note });
    if (answer.status === 401) showLogin();
    const body = await answer.json();
    if (body.accepted) return [body.recorded ? "taken" : "not_audited"];
    if (body.code === "away" || body.code === "timeout") return [body.code];
    return ["not_taken", { message: body.message ?? answer.statusText }];
  } catch {
    return ["no_connection"];
  }
}

// --- showing ----------------------------------------------------------------------------------------------------

function show() {
  at("login").hidden = true;
  for (const id of ["desk", "logout", "sound"]) at(id).hidden = false;
  at("robot-name").textContent = `${state.robot} · ${state.site}`.replaceAll("_", " ");
  showCards(state.incidents, at("open"), at("resolved"), acknowledge);
  at("earlier").hidden = state.incidents.every((i) => i.open);
  showCalm();
  raiseAlarm();
  tick();
}

function showCalm() {
  const mood = !state.known ? "unknown" : !state.fresh ? "old" : "calm";
  at("calm").hidden = state.incidents.some((i) => i.open);
  at("calm").dataset.mood = mood;
  setText(at("calm-title"), t(mood));
  setText(at("calm-text"), t(`${mood}_text`));
}

function raiseAlarm() {
  const calling = state.incidents.filter((i) => i.calling);
  setAlarm(calling.length > 0 ? headline(calling[0]) : null);
  for (const incident of calling) {
    const key = `${incident.id} ${incident.level}`;
    if (announced.has(key)) continue;
    announced.add(key);
    announce(t("alarm_spoken", { what: what(incident), place: place(incident) }));
  }
}

function showRobot() {
  const mission = state.mission;
  const doing = mission && [named("mission_", mission.name), mission.detail || mission.phase].filter(Boolean).join(" · ");
  setText(at("mission"), mission ? t("mission", { what: doing }) : t("no_mission"));
  const link = !connected() ? "lost" : state.fresh ? "ok" : "away";
  const charge = state.charge;
  const parts = [
    ["link", link === "ok" ? "ok" : "stale", t(`link_${link}`)],
    ["safety", state.safety.health, withDetail(t(`safety_${state.safety.code}`), state.safety.detail)],
    ["motors", state.motors.health, withDetail(t(`motors_${state.motors.code}`), state.motors.detail)],
    ["battery", charge === null ? "stale" : charge < 0.2 ? "warn" : "ok",
      charge === null ? t("charge_unknown") : t("charge", { percent: Math.round(charge * 100) })],
  ];
  fill(at("parts"), parts, ([name, health, text]) => {
    const row = document.createElement("div");
    row.dataset.health = health;
    row.append(textElement("dt", t(`part_${name}`)), textElement("dd", text));
    return row;
  });
  fill(at("tree-list"), state.tree, (line) => {
    const item = textElement("li", [line.name, line.feedback].filter(Boolean).join(" · "));
    item.dataset.status = line.status;
    item.style.setProperty("--depth", line.depth);
    return item;
  });
  fill(at("node-list"), state.nodes, (node) => {
    const item = textElement("li", `${node.name}: ${t(`health_${node.health}`)}`);
    item.dataset.health = node.health;
    item.append(...node.troubles.map((trouble) => textElement("p", trouble)));
    return item;
  });
}

const withDetail = (text, detail) => (detail ? `${text} (${detail})` : text);
const textElement = (kind, text) => Object.assign(document.createElement(kind), { textContent: text });

function fill(list, values, make) {
  const shown = JSON.stringify([document.documentElement.lang, values]);
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  list.replaceChildren(...values.map(make));
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// What changes without a message: ages while cut off, and the banner that says so.
function tick() {
  if (state === null) return;
  const live = connected();
  showAges(live ? 0 : (performance.now() - heardAt) / 1000);
  const trouble = !live ? "lost" : state.known && !state.fresh ? "stale" : null;
  document.body.classList.toggle("doubtful", trouble !== null);
  at("banner").hidden = trouble === null;
  if (trouble !== null) setText(at("banner"), t(trouble));
  showRobot();
}

function showWords() {
  translate(document);
  at("language").textContent = t("other_language");
  at("language").lang = t("other_language") === "English" ? "en" : "zh-CN";
  at("sound").textContent = t(soundWanted() ? "sound_on" : "sound_off");
  at("sound").setAttribute("aria-pressed", String(soundWanted()));
}

at("language").addEventListener("click", () => {
  switchLanguage();
  showWords();
  retranslateCards();
  at("login-error").textContent = "";
  if (state !== null) show();
});
at("sound").addEventListener("click", () => {
  toggleSound();
  showWords();
});
at("logout").addEventListener("click", async () => {
  await post("/logout", {}).catch(() => null);
  showLogin();
});
at("login-form").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(at("token").value.trim());
});
setInterval(tick, 500);
addEventListener("online", connect);

// Also when the printed address is pasted over an open page: only what is behind the # changes then.
addEventListener("hashchange", () => {
  const token = tokenInAddress();
  if (token !== "") signIn(token);
});

showWords();
const given = tokenInAddress();
if (given === "") connect();
else signIn(given);
