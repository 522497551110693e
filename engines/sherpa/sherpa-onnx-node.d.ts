/** The package has no types of its own; `openSherpa` gives those that its caller names. */
declare module "sherpa-onnx-node" {
  const sherpa: unknown;
  export default sherpa;
}
