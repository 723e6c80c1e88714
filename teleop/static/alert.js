// What reaches a nurse who looks elsewhere: the window's title, a sound she switched on, vibration, a screen reader.

import { t } from "/words.js";

const KEY = "kangban.sound";
const FLASH_MS = 1000;
const SOUND_EVERY = 4; // flashes
const calmTitle = document.title;
let wanted = localStorage.getItem(KEY) === "on";
let audio = null;
let title = null;
let beat = 0;

export const soundWanted = () => wanted;

// Browsers let a page make sound only after a touch or key of its user.
function openAudio() {
  if (!wanted) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}
for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, openAudio);

export function toggleSound() {
  wanted = !wanted;
  localStorage.setItem(KEY, wanted ? "on" : "off");
  openAudio();
  if (wanted) tone();
}

function tone() {
  if (!audio || audio.state !== "running") return;
  for (const [start, hertz] of [[0, 660], [0.28, 880]]) {
    const at = audio.currentTime + start;
    const oscillator = new OscillatorNode(audio, { frequency: hertz });
    const gain = new GainNode(audio, { gain: 0 });
    gain.gain.linearRampToValueAtTime(0.25, at + 0.03);
    gain.gain.linearRampToValueAtTime(0, at + 0.25);
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(at);
    oscillator.stop(at + 0.26);
  }
}

export function setAlarm(what) {
  if (what === null && title !== null) document.title = calmTitle;
  if (what !== null && title === null) beat = 0;
  title = what;
}

export function announce(text) {
  document.getElementById("announce").textContent = text;
}

setInterval(() => {
  if (title === null) return;
  document.title = beat % 2 === 0 ? t("alarm_title", { what: title }) : calmTitle;
  if (wanted && beat % SOUND_EVERY === 0) {
    tone();
    navigator.vibrate?.([200, 100, 200]);
  }
  beat += 1;
}, FLASH_MS);
