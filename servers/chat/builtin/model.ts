import { bool, f32, type GgufTensor, type GgufValue, i32s, string, strings, u32, writeGguf } from "../../../models/gguf.ts";
import { buildVocabulary, type Vocabulary } from "./vocabulary.ts";
import { buildTensors, contextLength, dimensions, feedForward, heads, ropeBase } from "./weights.ts";

/** The built-in stand-in as the bytes of a GGUF file; the same bytes each time. */
export function builtinModel(): Buffer {
  const vocabulary = buildVocabulary();
  const shape = { layers: 1, dimensions, heads, headsKv: 1, feedForward, contextLength, ropeBase };
  return writeGguf({ ...describe("pipe-tools built-in stand-in", shape), ...tokenizer(vocabulary) }, buildTensors(vocabulary));
}

export interface Shape {
  readonly layers: number;
  readonly dimensions: number;
  readonly heads: number;
  readonly headsKv: number;
  readonly feedForward: number;
  readonly contextLength: number;
  readonly ropeBase: number;
}
export interface Parts {
  readonly metadata: Record<string, GgufValue>;
  readonly tensors: GgufTensor[];
}

/** Metadata of a llama-architecture model. */
export function describe(name: string, shape: Shape): Record<string, GgufValue> {
  return {
    "general.architecture": string("llama"),
    "general.name": string(name),
    "general.file_type": u32(1),
    "llama.block_count": u32(shape.layers),
    "llama.context_length": u32(shape.contextLength),
    "llama.embedding_length": u32(shape.dimensions),
    "llama.feed_forward_length": u32(shape.feedForward),
    "llama.attention.head_count": u32(shape.heads),
    "llama.attention.head_count_kv": u32(shape.headsKv),
    "llama.attention.layer_norm_rms_epsilon": f32(1e-6),
    "llama.rope.dimension_count": u32(shape.dimensions / shape.heads),
    "llama.rope.freq_base": f32(shape.ropeBase),
  };
}

/**
 * Llama 3's way of cutting text: a word that is in the vocabulary is one token, any other becomes bytes. So no merges
 * are needed; llama.cpp wants the list to be there, and a merge of two bytes whose sum is no token is never used.
 */
export function tokenizer({ texts, types, ids }: Vocabulary): Record<string, GgufValue> {
  return {
    "tokenizer.ggml.model": string("gpt2"),
    "tokenizer.ggml.pre": string("llama-bpe"),
    "tokenizer.ggml.tokens": strings(texts),
    "tokenizer.ggml.token_type": i32s(types),
    "tokenizer.ggml.merges": strings(["\u0120 \u0120"]),
    "tokenizer.ggml.eos_token_id": u32(ids.endOfTurn),
    "tokenizer.ggml.eot_token_id": u32(ids.endOfTurn),
    "tokenizer.ggml.add_bos_token": bool(false),
    "tokenizer.chat_template": string(chatTemplate),
  };
}

/**
 * ChatML; what an earlier reply thought is not shown again. Functions are told of first; a call is `<tool_call>NAME ARGUMENTS`, and what
 * came of it a turn of its own that ends in `</tool_response>`.
 */
const chatTemplate =
  "{%- if tools -%}{{- '<|im_start|>system\\n<tools>' -}}" +
  "{%- for tool in tools -%}{{- '\\n' + (tool | tojson) -}}{%- endfor -%}" +
  "{{- '<|im_end|>\\n' -}}{%- endif -%}" +
  "{%- for message in messages -%}" +
  "{{- '<|im_start|>' + message['role'] + '\\n' -}}" +
  "{%- if message['role'] == 'assistant' and message['content'] and '</think>' in message['content'] -%}" +
  "{{- message['content'].split('</think>')[-1] -}}" +
  "{%- elif message['content'] -%}{{- message['content'] -}}{%- endif -%}" +
  "{%- if message['tool_calls'] -%}{%- for call in message['tool_calls'] -%}" +
  "{{- '<tool_call>' + call['function']['name'] + ' ' -}}" +
  "{{- call['function']['arguments'] if call['function']['arguments'] is string else (call['function']['arguments'] | tojson) -}}" +
  "{%- endfor -%}{%- endif -%}" +
  "{%- if message['role'] == 'tool' -%}{{- '</tool_response>' -}}{%- endif -%}" +
  "{{- '<|im_end|>\\n' -}}" +
  "{%- endfor -%}" +
  "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}";
