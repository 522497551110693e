/** WebRTC's voice detector, compiled to WebAssembly; see fvad.h at https://github.com/dpirch/libfvad */
declare module "@echogarden/fvad-wasm" {
  interface Fvad {
    setValue(address: number, value: number, type: "i32"): void;
    _malloc(bytes: number): number;
    _fvad_new(): number;
    _fvad_reset(handle: number): void;
    _fvad_set_mode(handle: number, mode: number): number;
    _fvad_set_sample_rate(handle: number, rate: number): number;
    /** 1 speech, 0 none, -1 for a frame of another length than 10, 20 or 30 ms. */
    _fvad_process(handle: number, frame: number, length: number): number;
  }
  export default function open(): Promise<Fvad>;
}
