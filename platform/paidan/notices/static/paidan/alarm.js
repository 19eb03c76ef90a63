// How this browser makes itself heard: a short beep, and the browser's own notifications. Its wishes are kept here, too.
const USUAL = { toast: true, sound: true, volume: 0.4, browser: false };
let audio = null;

export function wishesOf(tabs) {
  return {
    get: (name) => tabs.recall("wishes", {})[name] ?? USUAL[name],
    set: (name, value) => tabs.keep("wishes", { ...tabs.recall("wishes", {}), [name]: value }),
  };
}

// Browsers let a page sound only after somebody touched it.
export function unlockSound() {
  const Audio = window.AudioContext || window.webkitAudioContext;
  if (!Audio) return;
  const unlock = () => {
    audio ??= new Audio();
    if (audio.state === "suspended") audio.resume();
  };
  addEventListener("pointerdown", unlock, { passive: true });
  addEventListener("keydown", unlock);
}

export const canSound = () => audio?.state === "running";

// One tone for something new, two rising ones for something urgent.
export function beep(volume, isUrgent = false) {
  if (!canSound()) return;
  (isUrgent ? [740, 988] : [740]).forEach((pitch, turn) => {
    const begin = audio.currentTime + turn * 0.18;
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, begin);
    loudness.gain.linearRampToValueAtTime(volume, begin + 0.02);
    loudness.gain.linearRampToValueAtTime(0, begin + 0.15);
    tone.connect(loudness).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + 0.16);
  });
}

export const mayNotify = () => isSecureContext && "Notification" in window && Notification.permission === "granted";

export function notify(notices, title) {
  if (!document.hidden || !mayNotify()) return;
  const one = notices.length === 1 ? notices[0] : null;
  try {
    const shown = new Notification(one?.title || title, { body: one?.text || "", tag: `paidan-${notices.at(-1).id}` });
    shown.onclick = () => {
      window.focus();
      if (one?.url) location.assign(one.url);
      shown.close();
    };
  } catch {
    // Some phones know these only from a service worker.
  }
}
