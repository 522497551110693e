/** Samples from -1 to 1 as s16le. What is louder is cut off, what is no number is silence. */
export function fromFloats(samples: Float32Array): Buffer {
  const pcm = new Int16Array(samples.length);
  for (let n = 0; n < samples.length; n++) pcm[n] = toSample((samples[n] as number) * 32_768);
  return bytesOf(pcm);
}

/** s16le as samples from -1 to 1; a byte too many at the end is left out. */
export function toFloats(pcm: Buffer): Float32Array {
  const samples = samplesOf(pcm);
  const floats = new Float32Array(samples.length);
  for (let n = 0; n < samples.length; n++) floats[n] = (samples[n] as number) / 32_768;
  return floats;
}

/** The mean of the channels, which lie side by side; what is no whole moment at the end is left out. */
export function toMono(pcm: Buffer, channels: number): Buffer {
  if (channels === 1) return pcm;
  const samples = samplesOf(pcm);
  const mono = new Int16Array(Math.floor(samples.length / channels));
  for (let n = 0, at = 0; n < mono.length; n++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += samples[at++] as number;
    mono[n] = toSample(sum / channels);
  }
  return bytesOf(mono);
}

/** The nearest sample of 16 bits; 0 for what is no number. */
export function toSample(value: number): number {
  return value >= 32_767 ? 32_767 : value <= -32_768 ? -32_768 : Math.round(value) || 0;
}

/** The same memory as samples, where it lies as a sample has to; a copy otherwise. Every machine that Node runs on is little-endian, s390x aside. */
export function samplesOf(pcm: Buffer): Int16Array {
  const length = Math.floor(pcm.length / 2);
  if (pcm.byteOffset % 2 === 0) return new Int16Array(pcm.buffer, pcm.byteOffset, length);
  return new Int16Array(Uint8Array.from(pcm).buffer, 0, length);
}

/** The same memory as bytes. */
export function bytesOf(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}
