// Two tones, again and again, until the alarm is acknowledged or silenced (IEC 62923-1 asks for an audible announcement of what is
// not acknowledged). Browsers let a page sound only after the officer has touched it once.

let context: AudioContext | null = null;

export async function enable(): Promise<boolean> {
  try {
    context ??= new AudioContext();
    await context.resume();
    return context.state === 'running';
  } catch {
    return false;
  }
}

export function beep(severity: number) {
  if (!context || context.state !== 'running') return;
  const tones = severity >= 4 ? [880, 660, 880, 660] : severity === 3 ? [880, 660] : [660];
  tones.forEach((hz, i) => {
    if (!context) return;
    const at = context.currentTime + i * 0.16;
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.type = 'square';
    tone.frequency.value = hz;
    gain.gain.setValueAtTime(0.0001, at);
    gain.gain.linearRampToValueAtTime(0.09, at + 0.02);
    gain.gain.setValueAtTime(0.09, at + 0.12);
    gain.gain.linearRampToValueAtTime(0.0001, at + 0.15);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.16);
  });
}
