import { openModelFile } from "../../../models/onnx.ts";
import { type Field, ProtobufFile } from "../../../models/protobuf.ts";

/**
 * The lengths of an ONNX model's first output, null for one that is known only when the model runs; null where the model does not say
 * how many there are. The file has been looked into before. Source of the numbers: github.com/onnx/onnx onnx/onnx.proto
 * @throws ToolError `model-missing`, `file-failed`
 */
export async function outputShape(path: string): Promise<readonly (number | null)[] | null> {
  const file = await openModelFile(path);
  try {
    const model = new ProtobufFile(file, (await file.stat()).size);
    let at: Field | null = null;
    for (const number of [GRAPH, OUTPUT, TYPE, TENSOR, SHAPE]) {
      at = await first(model, number, at);
      if (at === null) return null;
    }
    const lengths: (number | null)[] = [];
    for await (const length of model.fields(at!.start, at!.end)) if (length.number === LENGTH) lengths.push((await first(model, VALUE, length))?.value ?? null);
    return lengths;
  } finally {
    await file.close();
  }
}

/** ModelProto.graph, GraphProto.output, ValueInfoProto.type, TypeProto.tensor_type and its shape; TensorShapeProto.dim and dim_value. */
const [GRAPH, OUTPUT, TYPE, TENSOR, SHAPE, LENGTH, VALUE] = [7, 12, 2, 1, 2, 1, 1];

async function first(file: ProtobufFile, number: number, within: Field | null): Promise<Field | null> {
  for await (const field of within === null ? file.fields() : file.fields(within.start, within.end)) if (field.number === number) return field;
  return null;
}
